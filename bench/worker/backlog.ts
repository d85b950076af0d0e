import { Injectable, type Type } from '@nestjs/common';
import { OnArmaloEvent } from 'nestjs-armox-armalo';
import type { ArmaloEvent, HandlerContext } from 'nestjs-armox-armalo';
import type { DatabaseKind, TestDatabase } from '../../test/databases.js';
import { benchApp, Effect } from './bench.app.js';
import { fill } from './rows.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

export type HandlerKind = 'plain' | 'transactional';

export interface Backlog {
  readonly handler: HandlerKind;
  readonly concurrency: number | undefined;
  readonly backlog: number;
}

export interface BacklogRun {
  readonly perSecond: number;
  /** Microseconds of this process for one event. */
  readonly cpu: number;
}

/** Lets a fresh worker work off a backlog that is there when it starts. */
export async function workOff(kind: DatabaseKind, wanted: Backlog): Promise<BacklogRun> {
  const database = await kind.create();
  try {
    await prepare(database, wanted.backlog);
    return await run(database, wanted);
  } finally {
    await database.drop();
  }
}

async function prepare(database: TestDatabase, backlog: number): Promise<void> {
  const app = await benchApp(database.options, false);
  await app.init();
  await fill(app.get<InboxStore>(INBOX_STORE), backlog);
  await app.close();
}

async function run(database: TestDatabase, wanted: Backlog): Promise<BacklogRun> {
  const { promise: finished, resolve: finish } = withResolvers();
  let calls = 0;
  let began = 0;
  let before = process.cpuUsage();
  const called = (): void => {
    if (calls === 0) {
      began = performance.now();
      before = process.cpuUsage();
    }
    calls += 1;
    if (calls === wanted.backlog) finish();
  };
  const { concurrency } = wanted;
  const worker = concurrency === undefined ? {} : { concurrency };
  const app = await benchApp(database.options, worker, handlersOf(wanted.handler, called));
  const store = app.get<InboxStore>(INBOX_STORE);
  await app.init();
  await finished;
  // The last settle belongs to the work.
  while ((await unfinished(store)) > 0) await new Promise((resolve) => setImmediate(resolve));
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  await app.close();
  if (calls !== wanted.backlog) throw new Error(`${calls} calls for ${wanted.backlog} events.`);
  return {
    perSecond: (wanted.backlog / took) * 1000,
    cpu: (user + system) / wanted.backlog,
  };
}

async function unfinished(store: InboxStore): Promise<number> {
  const counts = await store.counts();
  return counts.reduce((sum, { state, count }) => sum + (state === 'done' ? 0 : count), 0);
}

function handlersOf(kind: HandlerKind, called: () => void): Type {
  @Injectable()
  class PlainHandler {
    @OnArmaloEvent()
    handle(): void {
      called();
    }
  }

  @Injectable()
  class TransactionalHandler {
    @OnArmaloEvent('pact.violated', { transactional: true })
    async handle(event: ArmaloEvent<'pact.violated'>, context: HandlerContext): Promise<void> {
      await context.manager.insert(Effect, { pact: event.data.pactId ?? '' });
      called();
    }
  }

  return kind === 'plain' ? PlainHandler : TransactionalHandler;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
