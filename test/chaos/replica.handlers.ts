import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  type ArmaloEvent,
  type ArmoxEvent,
  type HandlerContext,
  OnArmaloEvent,
  OnArmoxEvent,
} from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { CrashPoints } from './crash-points.js';
import { Effect, Lock, Run } from './effects.js';
import type { ReplicaOptions } from './replica.options.js';

export const REPLICA = 'chaos:replica';

/** What an event asks its handlers to do, beside what they do anyway. */
interface Asked {
  readonly kill?: boolean;
  readonly failTimes?: number;
  /** Milliseconds. */
  readonly hold?: number;
  /** Rows of `chaos_lock` to count up, in this order, with a pause between them: material for deadlocks. */
  readonly locks?: readonly string[];
  /** Milliseconds before it writes anything, its transaction being open. */
  readonly wait?: number;
  /** Bytes that the effect's row has at least; SQLite does not mind. */
  readonly bytes?: number;
  /** Leaves no row behind, so that the handler needs no connection. */
  readonly unrecorded?: boolean;
}

@Injectable()
export class TransactionalHandlers {
  constructor(
    @Inject(REPLICA) private readonly replica: ReplicaOptions,
    @Inject(CrashPoints) private readonly points: CrashPoints,
  ) {}

  @OnArmaloEvent('pact.violated', { transactional: true })
  async record(event: ArmaloEvent<'pact.violated'>, context: HandlerContext): Promise<void> {
    await this.points.at('before-handler');
    const { bytes = 0, locks = [], wait = 0 } = event.data as Asked;
    if (wait > 0) await pause(wait);
    const replica = this.replica.name.padEnd(bytes);
    await context.manager.insert(Effect, { eventId: nameOf(event), replica });
    for (const name of locks) {
      await context.manager.increment(Lock, { name }, 'counted', 1);
      await pause(100);
    }
    await behave(event.data, context, this.replica);
    await this.points.at('after-handler');
  }
}

@Injectable()
export class GroupedHandlers {
  constructor(
    @Inject(REPLICA) private readonly replica: ReplicaOptions,
    @Inject(CrashPoints) private readonly points: CrashPoints,
  ) {}

  @OnArmaloEvent('pact.anchored', { transactional: 'grouped' })
  async record(event: ArmaloEvent<'pact.anchored'>, context: HandlerContext): Promise<void> {
    await this.points.at('before-handler');
    const { name: replica } = this.replica;
    await context.manager.insert(Effect, { eventId: nameOf(event), replica });
    await behave(event.data, context, this.replica);
    await this.points.at('after-handler');
  }
}

@Injectable()
export class PlainHandlers {
  constructor(
    @Inject(REPLICA) private readonly replica: ReplicaOptions,
    @Inject(CrashPoints) private readonly points: CrashPoints,
    private readonly dataSource: DataSource,
  ) {}

  @OnArmoxEvent('job.completed')
  async publish(event: ArmoxEvent<'job.completed'>, context: HandlerContext): Promise<void> {
    const asked: Asked = event.job.input_data ?? {};
    await this.points.at('before-handler');
    await recordRun(asked, this.dataSource, event.job.id, this.replica);
    await behave(asked, context, this.replica);
    await this.points.at('after-handler');
  }

  /** Beside `SecondHandlers.second`: two handlers of one event, of which one fails. */
  @OnArmaloEvent('pact.cosigned')
  async first(event: ArmaloEvent<'pact.cosigned'>): Promise<void> {
    const asked = event.data as Asked;
    await recordRun(asked, this.dataSource, `first:${nameOf(event)}`, this.replica);
  }
}

@Injectable()
export class SecondHandlers {
  constructor(
    @Inject(REPLICA) private readonly replica: ReplicaOptions,
    private readonly dataSource: DataSource,
  ) {}

  @OnArmaloEvent('pact.cosigned')
  async second(event: ArmaloEvent<'pact.cosigned'>, context: HandlerContext): Promise<void> {
    const asked = event.data as Asked;
    await recordRun(asked, this.dataSource, `second:${nameOf(event)}`, this.replica);
    await behave(asked, context, this.replica);
  }
}

export const OLD_HANDLERS = [PlainHandlers];
/** One for an event that the old release has no handler for, and a second one for an event for which it has one. */
export const NEW_HANDLERS = [TransactionalHandlers, GroupedHandlers, SecondHandlers];

async function recordRun(
  { unrecorded = false }: Asked,
  dataSource: DataSource,
  eventId: string,
  replica: ReplicaOptions,
): Promise<void> {
  if (unrecorded) return;
  for (;;) {
    try {
      await dataSource.getRepository(Run).insert({ eventId, replica: replica.name });
      return;
    } catch (error) {
      // SQLite, while a transactional handler writes.
      const { driverError } = error as { driverError?: { code?: unknown } };
      if (driverError?.code !== 'SQLITE_BUSY') throw error;
      await pause(5);
    }
  }
}

const nameOf = (event: { readonly data: { pactId?: string | null } }): string =>
  event.data.pactId ?? '';

async function behave(
  given: object,
  context: HandlerContext,
  replica: ReplicaOptions,
): Promise<void> {
  const asked = given as Asked;
  if (asked.kill) process.kill(process.pid, 'SIGKILL');
  const time = asked.hold ?? replica.handlerTime ?? 0;
  if (time > 0) await pause(time);
  if (context.attempt <= (asked.failTimes ?? 0)) throw new Error('This event asks for a failure.');
}
