import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Injectable,
  Module,
  Scope,
  type INestApplicationContext,
  type Provider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { DeadEvent, WebhookSource } from '../../lib/core/index.js';
import {
  createEventDecorator,
  DeadEventExplorer,
  HandlerExplorer,
  HandlerRegistry,
  OnDeadEvent,
} from '../../lib/handlers/index.js';
import {
  DeadEventListeners,
  type DeadEventListener,
} from '../../lib/inbox/dead.event.listeners.js';
import type { InboxStore } from '../../lib/inbox/index.js';
import {
  DeadEventNotice,
  Maintenance,
  WorkerLifecycle,
  type WorkerSettings,
} from '../../lib/worker/index.js';
import { defaultRetryPolicy } from './default-retry.policy.js';
import { LogBook } from './log-book.js';
import { ManualTime, rest } from '../manual-time.js';
import { MemoryStore } from './memory.store.js';

const HOUR = 3_600_000;
const On = createEventDecorator<{ 'escrow.created': object }, unknown, 'data'>('armalo', 'data');

const source: WebhookSource = {
  name: 'armalo',
  signatureHeader: 'x-signature',
  eventNames: ['escrow.created'],
  verify: () => true,
  open: () => {
    throw new Error('A stored event is read, and not identified again.');
  },
  read: () => ({ payload: {}, problems: [] }),
};

const settings: WorkerSettings = {
  concurrency: 2,
  transactions: 1,
  lease: 30_000,
  pollInterval: 1_000,
  shutdownTimeout: 15_000,
  maxStalledCount: 2,
  retry: defaultRetryPolicy,
  retention: { payload: 14 * 24 * HOUR, row: 180 * 24 * HOUR, dead: null },
};

/** With the duties that only the lifecycle asks for. */
class DutifulStore extends MemoryStore {
  holder: string | undefined;
  prunable = 0;
  stray = 0;
  listener: (() => void) | undefined;

  async holdLeaderLock(name: string, owner: string): Promise<boolean> {
    this.calls.push(`hold ${name}`);
    this.holder ??= owner;
    return this.holder === owner;
  }
  async prune(): Promise<number> {
    this.calls.push('prune');
    const batch = Math.min(1_000, this.prunable);
    this.prunable -= batch;
    return batch;
  }
  async sweepWaiting(): Promise<number> {
    const stray = this.stray;
    this.stray = 0;
    return stray;
  }
  async listen(wake: () => void): Promise<() => Promise<void>> {
    this.listener = wake;
    return async () => void (this.listener = undefined);
  }
}

const apps: INestApplicationContext[] = [];

async function boot(
  providers: Provider[],
  prepare: (store: DutifulStore) => void = () => {},
  changed: Partial<WorkerSettings> = {},
) {
  const timers = new ManualTime();
  const store = new DutifulStore(timers);
  const logger = new LogBook();
  prepare(store);
  @Module({
    providers: [
      HandlerExplorer,
      HandlerRegistry,
      {
        provide: WorkerLifecycle,
        inject: [HandlerRegistry],
        useFactory: (handlers: HandlerRegistry) =>
          new WorkerLifecycle({
            store: store as unknown as InboxStore,
            sources: [source],
            handlers,
            settings: { ...settings, ...changed },
            timers,
            random: () => 0.5,
            logger,
          }),
      },
      ...providers,
    ],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    abortOnError: false,
  });
  apps.push(app);
  return { app, store, timers, logger, worker: app.get(WorkerLifecycle) };
}

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe('the worker in an application', () => {
  it('starts with it, hears of new events, and has drained when it is closed', async () => {
    const calls: string[] = [];
    let end = () => {};
    @Injectable()
    class Handlers {
      @On('escrow.created')
      async handle() {
        calls.push('begin');
        await new Promise<void>((resolve) => (end = resolve));
        calls.push('end');
      }
      onApplicationShutdown() {
        calls.push('connections close');
      }
    }
    const { app, store, worker } = await boot([Handlers]);
    await rest();
    store.add(1);
    worker.wake();
    await rest();
    expect(calls).toEqual(['begin']);

    const closing = app.close();
    await rest();
    expect(store.listener).toBeUndefined();
    end();
    await closing;
    expect(calls).toEqual(['begin', 'end', 'connections close']);
    expect(store.states()).toBe('done');
  });

  it('is woken by other processes where the database can tell, and polls where it cannot', async () => {
    @Injectable()
    class Handlers {
      @On()
      handle() {}
    }
    const told = await boot([Handlers]);
    await rest();
    told.store.add(1);
    told.store.listener?.();
    await rest();
    expect(told.store.states()).toBe('done');

    const deaf = await boot([Handlers], (store) => {
      store.listen = () => Promise.reject(new Error('no LISTEN here'));
    });
    await rest();
    expect(deaf.logger.of('warn')).toEqual([expect.stringContaining('no LISTEN here')]);
    deaf.store.add(1);
    await deaf.timers.pass(1_500);
    expect(deaf.store.states()).toBe('done');
  });

  it('does not start with a handler whose options make no sense, and names them', async () => {
    @Injectable()
    class Handlers {
      @On('escrow.created', { retry: { factor: 0 } })
      handle() {}
    }
    await expect(boot([Handlers])).rejects.toThrow(/Handlers\.handle\.retry\.factor/);
  });

  it('warns when nothing in the process hears SIGTERM', async () => {
    const deaf = await boot([]);
    await deaf.timers.pass(5_000);
    expect(deaf.logger.of('warn')).toEqual([expect.stringContaining('enableShutdownHooks')]);

    const hearing = await boot([]);
    hearing.app.enableShutdownHooks();
    await hearing.timers.pass(5_000);
    expect(hearing.logger.of('warn')).toEqual([]);
  });
});

describe('a replica among others', () => {
  @Injectable()
  class Handlers {
    @On('escrow.created', { name: 'Books.enter' })
    handle() {}
  }
  const ours = { name: 'Books.enter', source: 'armalo', patterns: ['escrow.created'] };

  it('makes its handlers known before it claims, keeps them known, and takes them back at its end', async () => {
    const { app, store, timers } = await boot([Handlers]);
    expect([...store.published.values()]).toEqual([[ours]]);
    await rest();
    const first = store.calls.filter((call) => call === 'publishHandlers' || call === 'outlook');
    expect(first.slice(0, 2)).toEqual(['publishHandlers', 'outlook']);
    await timers.pass(10_000);
    expect(store.calls.filter((call) => call === 'publishHandlers')).toHaveLength(2);
    await app.close();
    expect(store.published.size).toBe(0);
    await timers.pass(60_000);
    expect(store.published.size).toBe(0);
  });

  it('starts after the others cannot believe any more that they know all handlers', async () => {
    let timers = new ManualTime();
    const other = { id: 'old', handlers: [{ ...ours, patterns: ['escrow.funded'] }] };
    const starting = boot([Handlers], (store) => {
      store.replicas = [other];
      timers = store.timers as ManualTime;
    });
    let started = false;
    void starting.then(() => (started = true));
    while (timers.pending === 0) await rest();
    await timers.pass(999);
    expect(started).toBe(false);
    await timers.pass(1);
    await starting;
  });

  it('starts at once beside others that have all its handlers', async () => {
    await boot([Handlers], (store) => {
      store.replicas = [{ id: 'same', handlers: [ours] }];
    });
  });

  it('starts although its handlers cannot be made known yet, says so, and goes on trying', async () => {
    const { store, timers, logger } = await boot([Handlers], (before) => {
      before.failing.set('publishHandlers', new Error('read-only'));
    });
    expect(logger.of('warn')).toEqual([expect.stringContaining('read-only')]);
    store.failing.clear();
    await timers.pass(1_000);
    expect(store.published.size).toBe(1);
  });
});

describe('dead events', () => {
  const dead = {
    id: '12',
    source: 'armalo',
    account: '',
    eventId: 'e',
    name: 'escrow.funded',
    reason: 'attempts-used-up',
    error: 'Books.enter: Error: The ledger is down.\n    at somewhere',
    handler: 'Books.enter',
    attempt: 20,
  } as const;

  async function bootNotice(providers: Provider[]) {
    const timers = new ManualTime();
    const deaths = new DeadEventListeners();
    const lines: unknown[][] = [];
    const logger = { error: (...line: unknown[]) => lines.push(line), log() {}, warn() {} };
    @Module({
      providers: [
        DeadEventExplorer,
        {
          provide: DeadEventNotice,
          inject: [DeadEventExplorer],
          useFactory: (listeners: DeadEventExplorer) => {
            const store = { onDead: (listener: DeadEventListener) => deaths.listen(listener) };
            return new DeadEventNotice({ store, listeners, timers, logger });
          },
        },
        ...providers,
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    apps.push(app);
    return { app, deaths, lines, timers };
  }

  it('are logged with what failed, what to do, and fields for JSON loggers', async () => {
    const { deaths, lines } = await bootNotice([]);
    deaths.tell([dead]);
    await rest();
    const fields = { id: '12', source: 'armalo', name: 'escrow.funded', eventId: 'e' };
    expect(lines).toEqual([
      [
        'armalo escrow.funded #12 is dead (attempts-used-up, attempt 20): Books.enter: Error: The ledger is ' +
          'down. Nothing is tried any more; replay it when the cause is gone.',
        { ...fields, reason: 'attempts-used-up', handler: 'Books.enter', attempt: 20 },
      ],
    ]);
  });

  it('are told to every method that asks for them, whatever another one throws', async () => {
    const told: unknown[] = [];
    @Injectable()
    class Pager {
      @OnDeadEvent()
      page(event: DeadEvent) {
        told.push(event);
        throw new Error('The pager is off.');
      }
    }
    @Injectable()
    class Tracker extends Pager {
      override page(event: DeadEvent) {
        told.push(event.id);
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Fresh {
      @OnDeadEvent()
      async take({ id }: DeadEvent) {
        told.push(`fresh ${id}`);
      }
    }
    const { deaths, lines } = await bootNotice([
      Pager,
      Tracker,
      Fresh,
      { provide: 'the same once more', useClass: Pager },
    ]);
    deaths.tell([dead]);
    await rest();
    expect(told).toEqual([dead, '12', 'fresh 12']);
    expect(lines.map(([line]) => line)).toContainEqual(
      'Pager.page could not be told of the dead event #12: Error: The pager is off.',
    );
  });

  it('that were committed at the last moment are told before the application ends', async () => {
    let told = false;
    let end = () => {};
    @Injectable()
    class Pager {
      @OnDeadEvent()
      async page() {
        await new Promise<void>((resolve) => (end = resolve));
        told = true;
      }
      onApplicationShutdown() {
        expect(told).toBe(true);
      }
    }
    const { app, deaths } = await bootNotice([Pager]);
    deaths.tell([dead]);
    const closing = app.close();
    await rest();
    end();
    await closing;
    expect(told).toBe(true);
  });

  it('do not keep an application from ending whose listener never does', async () => {
    @Injectable()
    class Pager {
      @OnDeadEvent()
      page() {
        return new Promise<void>(() => {});
      }
    }
    const { deaths, timers } = await bootNotice([Pager]);
    deaths.tell([dead]);
    await rest();
    const closing = apps.pop()?.close();
    await rest();
    await timers.pass(5_000);
    await closing;
  });
});

describe('duties', () => {
  it('are done by the holder of their lease, retention until it is drained', async () => {
    const { store, timers, logger } = await boot([], (before) => {
      before.prunable = 2_500;
    });
    await timers.pass(HOUR);
    expect(store.prunable).toBe(0);
    expect(store.calls.filter((call) => call === 'prune')).toHaveLength(4);
    expect(logger.of('log')).toEqual([expect.stringContaining('2500 rows')]);

    store.holder = 'another replica';
    store.prunable = 10;
    await timers.pass(2 * HOUR);
    expect(store.prunable).toBe(10);
  });

  it('need no loop beside them: whatever engine runs the events', async () => {
    const timers = new ManualTime();
    const store = new DutifulStore(timers);
    let opened = 0;
    const maintenance = new Maintenance({
      store: store,
      handlers: { all: () => [] },
      retention: settings.retention,
      replica: 'this one',
      opened: () => opened++,
      timers,
      random: () => 0.5,
      logger: new LogBook(),
    });
    await maintenance.start();
    expect([...store.published.keys()]).toEqual(['this one']);
    Object.assign(store, { prunable: 10, stray: 1 });
    await timers.pass(HOUR);
    expect([store.prunable, opened]).toEqual([0, 1]);
    await maintenance.stop();
    expect([store.published.size, timers.pending]).toEqual([0, 0]);
  });

  it('go on after a failure, and end with the application', async () => {
    const { app, store, timers, logger } = await boot([]);
    store.prune = () => Promise.reject(new Error('lock timeout'));
    await timers.pass(HOUR);
    expect(logger.of('warn: The maintenance task "retention"')).toHaveLength(1);
    store.prune = () => Promise.resolve(0);
    store.stray = 3;
    await timers.pass(HOUR);
    expect(store.stray).toBe(0);

    await app.close();
    const before = store.calls.length;
    await timers.pass(3 * HOUR);
    expect(store.calls).toHaveLength(before);
  });
});
