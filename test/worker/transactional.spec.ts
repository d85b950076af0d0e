import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { systemClock, systemTimers, type WebhookSource } from '../../lib/core/index.js';
import {
  type HandlerContext,
  type HandlerOptions,
  type RegisteredHandler,
} from '../../lib/handlers/index.js';
import { InboxConnections, type ClaimedRow, type InboxStore } from '../../lib/inbox/index.js';
import {
  Dispatcher,
  HandlerRunner,
  HandOver,
  OtherReplicas,
  keptSlot,
} from '../../lib/worker/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { event } from '../inbox/store-suite.js';
import { defaultRetryPolicy } from './default-retry.policy.js';
import { InProcess } from './in-process.js';
import { LogBook } from './log-book.js';
import { ManualTime } from '../manual-time.js';

const source = {
  name: 'armalo',
  read: () => ({ payload: {}, problems: [] }),
} as unknown as WebhookSource;

const POOL = 2;

function handler(
  name: string,
  invoke: (context: HandlerContext) => Promise<unknown>,
  options: HandlerOptions = { transactional: true },
): RegisteredHandler {
  return {
    name,
    source: 'armalo',
    patterns: ['*'],
    options,
    invoke: async (_, context) => void (await invoke(context)),
  };
}

/** Waits for a condition, not for a time. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await wait(5);
}

for (const kind of await availableDatabases()) {
  if (kind.name === 'sqlite') continue;
  describeOn(kind, 'a transactional handler of a pool', () => {
    const postgres = kind.name === 'postgres';
    const sleep = postgres ? 'SELECT pg_sleep(60)' : 'SELECT SLEEP(60)';
    let database: TestDatabase;
    let application: DataSource;
    let connections: InboxConnections;
    let store: InboxStore;
    let logger: LogBook;
    const loops: InProcess[] = [];

    beforeEach(async () => {
      database = await kind.create();
      const options = { ...database.options, poolSize: POOL } as DataSourceOptions;
      application = await new DataSource(options).initialize();
      connections = await InboxConnections.open(application);
      await connections.migrate();
      store = connections.store;
      logger = new LogBook();
    });

    afterEach(async () => {
      await Promise.all(loops.splice(0).map((loop) => loop.stop({ graceMs: 0 })));
      await connections?.close();
      await application?.destroy();
      await database?.drop();
    });

    function start(handlers: Readonly<Record<string, RegisteredHandler>>, concurrency = 1) {
      const runner = new HandlerRunner({
        store,
        leaseMs: 30_000,
        transactions: POOL,
        timers: systemTimers,
        loggerOf: () => logger,
      });
      const dispatcher = new Dispatcher({
        store,
        runner,
        handlers: { handlersFor: (_, name) => [handlers[name]].filter((one) => one !== undefined) },
        sources: [source],
        retry: { ...defaultRetryPolicy, delay: 1, factor: 1 },
        timers: systemTimers,
        random: Math.random,
        handOver: new HandOver(
          new OtherReplicas(store, 'this one', systemTimers),
          systemTimers,
          Math.random,
          logger,
        ),
        clock: systemClock,
        logger,
      });
      const loop = new InProcess({
        store,
        dispatch: dispatcher.dispatch.bind(dispatcher),
        settings: {
          concurrency,
          transactions: POOL,
          lease: 30_000,
          pollInterval: 20,
          maxStalledCount: 3,
        },
        sources: ['armalo'],
        needing: () => [],
        timers: systemTimers,
        random: Math.random,
        logger,
      });
      loops.push(loop);
      loop.start();
      return loop;
    }

    const stored = (eventId: string) => store.find({ eventId });
    const ended = async (eventId: string) => (await stored(eventId))?.state === 'done';
    const errors = async (eventId: string) =>
      (await store.attempts((await stored(eventId))?.id ?? '')).map(({ error }) => error);
    /** Seen from the inbox's own pool, as the application's may be in use. */
    const sleeping = async () => {
      const list = postgres
        ? `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`
        : `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'`;
      const [row] = await application.query<{ n: unknown }[]>(list);
      return Number(row?.n);
    };

    it('that gets no connection fails at its timeout, holds no slot until then, and runs when there is one', async () => {
      const held = [application.createQueryRunner(), application.createQueryRunner()];
      for (const runner of held) await runner.connect();
      const ran: string[] = [];
      start({
        money: handler('A.money', async () => ran.push('money'), {
          transactional: true,
          timeout: 300,
        }),
        mail: handler('A.mail', async () => ran.push('mail'), {}),
      });
      await store.insert([event({ eventId: 'waits', name: 'money' })]);
      await until(async () => (await stored('waits'))?.state === 'running');
      await store.insert([event({ eventId: 'plain', name: 'mail' })]);
      await until(() => ended('plain'));
      expect(await errors('waits')).toEqual([]);
      await until(async () => (await errors('waits')).length > 0);
      expect((await errors('waits'))[0]).toMatch(
        /^EventHandlerTimeoutError: A\.money got no connection.*2 connections.*poolSize/,
      );
      for (const runner of held) await runner.release();
      await until(() => ended('waits'));
      expect(ran).toEqual(['mail', 'money']);
      // Those that came late are back in the pool.
      await Promise.all([application.query('SELECT 1'), application.query('SELECT 2')]);
      expect(await stored('waits')).toMatchObject({ stalledCount: 0 });
    });

    it('that waits for a statement beyond its timeout has that cancelled, fails, and is tried again', async () => {
      let runs = 0;
      start({
        slow: handler(
          'A.slow',
          async ({ manager }) => {
            if (++runs > 1) return;
            // One behind the other on the same connection.
            await Promise.all([manager.query(sleep), manager.query(sleep)]);
          },
          { transactional: true, timeout: 1_000 },
        ),
      });
      await store.insert([event({ eventId: 'slow', name: 'slow' })]);
      await until(() => ended('slow'));
      expect(await errors('slow')).toEqual([
        expect.stringMatching(/^EventHandlerTimeoutError: A\.slow/),
      ]);
      expect(await stored('slow')).toMatchObject({
        attempts: 2,
        stalledCount: 0,
        completedHandlers: ['A.slow'],
      });
      expect(await sleeping()).toBe(0);
    });

    it('that is in a long statement at two deploys leaves its event pending, with no attempt and no death', async () => {
      await store.insert([event({ eventId: 'deployed', name: 'slow' })]);
      for (let deploy = 1; deploy <= 2; deploy += 1) {
        const loop = start({ slow: handler('A.slow', ({ manager }) => manager.query(sleep)) });
        await until(async () => (await sleeping()) > 0);
        await loop.stop({ graceMs: 1 });
        expect(await stored('deployed')).toMatchObject({
          state: 'open',
          attempts: 0,
          stalledCount: 0,
        });
        expect(await sleeping()).toBe(0);
      }
      start({ slow: handler('A.slow', () => Promise.resolve()) });
      await until(() => ended('deployed'));
    });

    if (postgres) {
      it('may set a search path of its own, as applications with a schema per tenant do', async () => {
        await application.query('CREATE SCHEMA tenant CREATE TABLE effect (text VARCHAR(20))');
        start({
          tenant: handler('A.tenant', async ({ manager }) => {
            await manager.query('SET LOCAL search_path TO tenant');
            await manager.query("INSERT INTO effect (text) VALUES ('kept')");
          }),
        });
        await store.insert([event({ eventId: 'tenant', name: 'tenant' })]);
        await until(
          async () =>
            (await stored('tenant'))?.finishedAt !== null || (await errors('tenant')).length > 0,
        );
        expect(await errors('tenant')).toEqual([]);
        expect(await application.query('SELECT text FROM tenant.effect')).toEqual([
          { text: 'kept' },
        ]);
      });
    }

    it('that releases its query runner gives no open transaction to the next user of the pool', async () => {
      await application.query('CREATE TABLE effect (text VARCHAR(20))');
      const refused: unknown[] = [];
      start({
        tidy: handler('A.tidy', async ({ manager }) => {
          await manager.query("INSERT INTO effect (text) VALUES ('kept')");
          await manager.queryRunner?.release().catch((error: unknown) => refused.push(error));
          const open = postgres
            ? 'SELECT txid_current_if_assigned() AS open'
            : 'SELECT NULLIF(@@in_transaction, 0) AS open';
          const ask = () => application.query<unknown[]>(open);
          const rows = await Promise.all([ask(), ask()]);
          refused.push(...rows.flat());
        }),
      }).notify();
      await store.insert([event({ eventId: 'tidy', name: 'tidy' })]);
      await until(() => ended('tidy'));
      expect(refused).toEqual([
        expect.objectContaining({ code: 'ARMOX_ARMALO_HANDLER' }),
        { open: null },
        { open: null },
      ]);
      expect(await application.query('SELECT text FROM effect')).toEqual([{ text: 'kept' }]);
    });
  });
}

describe('the wait for a connection of the application', () => {
  it('is told once while it lasts, and that it is over', async () => {
    const timers = new ManualTime();
    const logger = new LogBook();
    const given: (() => void)[] = [];
    const runner = new HandlerRunner({
      store: {
        runTogether: async () => [],
        runTransactional: async (_lease, _handler, _ms, _work, options) => {
          await options?.turn?.connecting(
            () => new Promise<void>((resolve) => given.push(resolve)),
          );
          return 'committed';
        },
      },
      leaseMs: 30_000,
      transactions: 3,
      timers,
      loggerOf: () => logger,
    });
    const row = { id: '1', token: '1' } as ClaimedRow;
    const never = new AbortController().signal;
    const tx = handler('A.b', () => Promise.resolve());
    const runs = [1, 2].map(() => runner.run(tx, row, {}, never, keptSlot, () => undefined));
    await timers.pass(4_999);
    expect(logger.lines).toEqual([]);
    await timers.pass(1);
    expect(logger.lines).toEqual([
      expect.stringMatching(/^warn: .*5 s for a connection of the application's pool/),
    ]);
    for (const give of given) give();
    expect(await Promise.all(runs)).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(logger.lines).toEqual([logger.lines[0], expect.stringMatching(/^log: .*again/)]);
  });
});
