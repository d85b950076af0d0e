import { AsyncResource } from 'node:async_hooks';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Inbox, InboxConnections } from '../../lib/inbox/index.js';
import type { SourceEvent } from '../../lib/core/index.js';
import { describeOn, testDatabase } from '../databases.js';
import { handlerSuite } from './handler-suite.js';
import { planSuite } from './plan-suite.js';
import { staleSuite } from './stale-suite.js';
import {
  bench,
  claimOne,
  event,
  LEASE,
  settlement,
  storeSuite,
  type Bench,
} from './store-suite.js';
import { upkeepSuite } from './upkeep-suite.js';
import { summaries } from '../event.lists.js';

const database = await testDatabase('sqlite');

/** For what must not carry a handler's context, as the worker's own timers do not. */
const outside = new AsyncResource('test');

/** A promise that the test resolves itself. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

const sourceEvent = (id: string): SourceEvent => ({
  source: 'armalo',
  account: '',
  id,
  name: 'pact.violated',
  body: Buffer.from('{}'),
  payload: {},
  problems: [],
});

/** What holds on a file and in memory alike. */
function besideTheApplication(its: Bench): void {
  const write = (text: string) => `INSERT INTO effect (text) VALUES ('${text}')`;
  const written = async () =>
    (await its.query('SELECT text FROM effect ORDER BY text')).map((row) => row['text']);

  it('keeps an event that was accepted while the application had a transaction open that it rolled back', async () => {
    let insert: Promise<unknown> | undefined;
    const boom = new Error('boom');
    const rolledBack = its.application.transaction(async (manager) => {
      await manager.query(write('rolled back'));
      insert = its.store.insert([event({ eventId: 'kept' })]);
      await new Promise((resolve) => setImmediate(resolve));
      throw boom;
    });
    await expect(rolledBack).rejects.toBe(boom);
    await insert;
    expect(await its.store.find({ eventId: 'kept' })).toBeDefined();
    expect(await written()).toEqual([]);
  });

  it('takes an event that a transactional handler accepts into its transaction', async () => {
    const inbox = new Inbox(its.store);
    await its.store.insert([event({ eventId: 'outer' })]);
    const row = await claimOne(its.store);
    const run = (fails: boolean) =>
      its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(write('effect'));
        const accepted = await inbox.accept(sourceEvent('inner'), 'webhook');
        expect(accepted.outcome).toBe('stored');
        if (fails) throw new Error('fails');
      });
    await expect(run(true)).rejects.toThrow('fails');
    expect(await its.store.find({ eventId: 'inner' })).toBeUndefined();
    expect(await run(false)).toBe('committed');
    expect(await its.store.find({ eventId: 'inner' })).toBeDefined();
    expect(await written()).toEqual(['effect']);
  });

  it('does not let what a handler left running join a later transaction', async () => {
    await its.store.insert([event(), event()]);
    const [one, two] = await its.store.claim(2, LEASE);
    const later = gate();
    let left: Promise<unknown> | undefined;
    await its.store.runTransactional(one as never, 'A.b', LEASE, async () => {
      left = later.opened.then(() => its.store.insert([event({ eventId: 'left' })]));
    });
    await expect(
      its.store.runTransactional(two as never, 'A.b', LEASE, async () => {
        later.open();
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('rolls back');
      }),
    ).rejects.toThrow('rolls back');
    await left;
    expect(await its.store.find({ eventId: 'left' })).toBeDefined();
  });

  it('goes on by itself when the disk had no room once', async () => {
    await its.store.insert([event(), event()]);
    const [one, two] = await its.store.claim(2, LEASE);
    let pages = 0;
    const full = its.store.runTransactional(one as never, 'A.b', LEASE, async (manager) => {
      const [size] = await manager.query<{ page_count: number }[]>('PRAGMA page_count');
      pages = size?.page_count ?? 0;
      await manager.query(`PRAGMA max_page_count = ${pages}`);
      await manager.query('INSERT INTO effect (text) VALUES (hex(zeroblob(1000000)))');
    });
    await expect(full).rejects.toThrow(/full/);
    expect(await written()).toEqual([]);

    const outcome = its.store.runTransactional(two as never, 'A.b', LEASE, async (manager) => {
      await manager.query(`PRAGMA max_page_count = ${pages + 1_000_000}`);
      await manager.query(write('later'));
    });
    expect(await outcome).toBe('committed');
    expect(await its.store.insert([event()])).toMatchObject([{ outcome: 'stored' }]);
    expect(await written()).toEqual(['later']);
  });

  it('does not commit what a handler goes on with after the disk had no room', async () => {
    const [{ id } = { id: '' }] = await its.store.insert([event()]);
    const row = await claimOne(its.store);
    const swallowed = its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
      await manager.query('PRAGMA max_page_count = 1');
      const tooMuch = 'INSERT INTO effect (text) VALUES (hex(zeroblob(1000000)))';
      await manager.query(tooMuch).catch(() => undefined);
      await manager.query('PRAGMA max_page_count = 1000000');
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'ARMOX_ARMALO_HANDLER' });
    expect((await its.store.find({ id }))?.completedHandlers).toEqual([]);
  });

  it('lets others wait their turn while a transactional handler runs, and answers heartbeats at once', async () => {
    await its.store.insert([event(), event()]);
    const [one, two] = await its.store.claim(2, LEASE);
    const order: string[] = [];
    let waiting: Promise<unknown> | undefined;
    await its.store.runTransactional(one as never, 'A.b', LEASE, async (manager) => {
      await manager.query(write('first'));
      const answered = gate();
      // A timer of the process, not of the handler.
      outside.runInAsyncScope(() => {
        waiting = its.store.insert([event()]).then(() => order.push('insert'));
        void its.store.heartbeat([one as never, two as never], LEASE).then((alive) => {
          order.push(`heartbeat of ${alive.size}`);
          answered.open();
        });
      });
      await answered.opened;
      order.push('handler');
    });
    await waiting;
    expect(order).toEqual(['heartbeat of 2', 'handler', 'insert']);
  });
}

describeOn(database, 'the inbox store', () => {
  const its = bench(database);
  storeSuite(its);
  staleSuite(its);
  handlerSuite(its);
  upkeepSuite(its);
  besideTheApplication(its);
  planSuite(its, {
    kind: 'sqlite',
    explain: 'EXPLAIN QUERY PLAN',
    scans: (plan) => /"detail":"SCAN (armox_armalo_inbox|[row])"/.test(plan),
    analyze: 'ANALYZE armox_armalo_inbox',
  });

  it('runs a handler on a connection that no rollback of the application reaches', async () => {
    await its.store.insert([event()]);
    const row = await claimOne(its.store);
    const rolledBack = gate();
    const outcome = its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
      await manager.query("INSERT INTO effect (text) VALUES ('kept')");
      await rolledBack.opened;
    });
    const runner = its.application.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT * FROM effect');
    await runner.rollbackTransaction();
    rolledBack.open();
    expect(await outcome).toBe('committed');
    expect(await its.query('SELECT text FROM effect')).toEqual([{ text: 'kept' }]);
  });

  it('says that it switches the file to WAL, and only then', async () => {
    const file = `${(its.database.options as { database: string }).database}.rollback`;
    const options = { ...its.database.options, database: file, enableWAL: false };
    const application = await new DataSource(options as DataSourceOptions).initialize();
    const lines: string[] = [];
    const log = jest
      .spyOn(Logger.prototype, 'log')
      .mockImplementation((line: unknown) => void lines.push(String(line)));
    try {
      for (let boot = 0; boot < 2; boot += 1) {
        await (await InboxConnections.open(application)).close();
        await application.query('CREATE TABLE IF NOT EXISTS kept (id INTEGER)');
      }
    } finally {
      log.mockRestore();
      await application.destroy();
    }
    expect(lines).toEqual([
      expect.stringMatching(/\.rollback is in SQLite's WAL mode from now on/),
    ]);
  });

  describe('beside a second process that has the file locked', () => {
    let child: ChildProcess;
    const told = async (text: string) => {
      for (;;) {
        const [line] = (await once(child.stdout as never, 'data')) as [Buffer];
        if (line.toString().includes(text)) return;
      }
    };
    beforeEach(async () => {
      const { database: file } = its.database.options as { database: string };
      const script = `
        import { DatabaseSync } from '@photostructure/sqlite';
        const database = new DatabaseSync(process.argv[1], { timeout: 5000 });
        database.exec('BEGIN IMMEDIATE');
        console.log('locked');
        process.stdin.once('data', () => { database.exec('COMMIT'); console.log('free'); process.exit(0); });`;
      child = spawn(process.execPath, ['--input-type=module', '-e', script, file]);
      await told('locked');
    });
    afterEach(() => void child.kill());

    it('waits without stopping this process, and goes on when the file is free', async () => {
      const insert = its.store.insert([event({ eventId: 'patient' })]);
      const settled = Promise.race([
        insert.then(() => 'stored'),
        once(child, 'exit').then(() => 'free'),
      ]);
      // Timers run meanwhile, or this line to the other process would never be written.
      await new Promise((resolve) => setTimeout(resolve, 20));
      child.stdin?.write('go');
      expect(['free', 'stored']).toContain(await settled);
      expect((await insert)[0]?.outcome).toBe('stored');
    });

    it('gives up after the ingest timeout', async () => {
      const store = await its.another({ ingestTimeout: 60 });
      await expect(store.insert([event()])).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_STORE_UNAVAILABLE',
      });
      expect(await summaries(store)).toEqual([]);
      child.stdin?.write('go');
      await told('free');
      expect(await store.insert([event()])).toHaveLength(1);
    });
  });

  it('records a constant text where even the sanitised one is refused', async () => {
    await its.store.insert([event()]);
    const row = await claimOne(its.store);
    await its.query(`CREATE TRIGGER refuse BEFORE INSERT ON armox_armalo_attempt
      WHEN NEW.error LIKE 'refused%' BEGIN SELECT RAISE(ABORT, 'no'); END`);
    const failures = [{ handler: 'A.b', error: 'refused text', duration: 1 }];
    try {
      await its.store.settle([
        settlement(row, { to: 'retry', inMs: 0, error: 'refused text' }, { failures }),
      ]);
    } finally {
      await its.query('DROP TRIGGER refuse');
    }
    const [attempt] = await its.store.attempts(row.id);
    expect(attempt?.error).toBe('The error could not be recorded.');
    expect((await its.store.find({ id: row.id }))?.state).toBe('open');
  });
});

describeOn(database, 'the inbox store in memory', () => {
  const its = bench(database, { database: ':memory:' });
  storeSuite(its);
  handlerSuite(its);
  besideTheApplication(its);

  it('goes on when SQLite has rolled back a transaction of the application, which TypeORM believes in for ever', async () => {
    const full = its.application.transaction(async (manager) => {
      await manager.query("INSERT INTO effect (text) VALUES ('gone')");
      await manager.query('ROLLBACK');
      throw new Error('full');
    });
    await expect(full).rejects.toThrow('full');
    expect(its.application.createQueryRunner().isTransactionActive).toBe(true);
    expect(await its.store.insert([event()])).toMatchObject([{ outcome: 'stored' }]);
    const row = await claimOne(its.store);
    const outcome = await its.store.runTransactional(row, 'A.b', LEASE, async () => undefined);
    expect(outcome).toBe('committed');
    expect(its.application.createQueryRunner().isTransactionActive).toBe(false);
  });
});

it('names the types that are supported where another one is given', async () => {
  const application = { options: { type: 'mssql' } } as never;
  await expect(InboxConnections.open(application)).rejects.toMatchObject({
    code: 'ARMOX_ARMALO_CONFIGURATION',
    message: expect.stringMatching(/mssql.*postgres.*mariadb.*better-sqlite3/) as unknown,
  });
});
