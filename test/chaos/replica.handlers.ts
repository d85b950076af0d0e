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
import { Effect, Run } from './effects.js';
import type { ReplicaOptions } from './replica.options.js';

export const REPLICA = 'chaos:replica';

/** What an event asks its handlers to do, beside what they do anyway. */
interface Asked {
  readonly kill?: boolean;
  readonly failTimes?: number;
  readonly hold?: number;
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
    await context.manager.insert(Effect, { eventId: nameOf(event), replica: this.replica.name });
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
    await this.points.at('before-handler');
    await this.run(event.job.id);
    await behave((event.job.input_data ?? {}) as Asked, context, this.replica);
    await this.points.at('after-handler');
  }

  /** Beside `both.record`: two handlers of one event, of which one fails. */
  @OnArmaloEvent('pact.cosigned')
  async first(event: ArmaloEvent<'pact.cosigned'>): Promise<void> {
    await this.run(`first:${nameOf(event)}`);
  }

  @OnArmaloEvent('pact.cosigned')
  async second(event: ArmaloEvent<'pact.cosigned'>, context: HandlerContext): Promise<void> {
    await this.run(`second:${nameOf(event)}`);
    await behave(event.data, context, this.replica);
  }

  private async run(eventId: string): Promise<void> {
    await this.dataSource.getRepository(Run).insert({ eventId, replica: this.replica.name });
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
