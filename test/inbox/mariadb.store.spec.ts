import mysql, { format } from 'mysql2';
import { DataSource } from 'typeorm';
import { InboxLifecycle } from '../../lib/module/inbox.lifecycle.js';
import { InboxConnections } from '../../lib/inbox/index.js';
import { InboxDatabase } from '../../lib/inbox/inbox.database.js';
import { insertionOf } from '../../lib/inbox/inbox.insertion.js';
import { preparedRow } from '../../lib/inbox/inbox.rows.js';
import { InboxTables } from '../../lib/inbox/inbox.tables.js';
import type { Sql } from '../../lib/database/sql.js';
import { sourceTables } from '../source.tables.js';
import { resolveOptions } from '../../lib/module/resolve-options.js';
import { configuredSource } from '../../lib/source-definition/index.js';
import { armalo, armaloSource } from '../../lib/sources/armalo/index.js';
import { mysql as mysqlDriver } from '../../lib/database/mysql/mysql.js';
import { MysqlDialect } from '../../lib/database/mysql/mysql.dialect.js';
import { MysqlInsert } from '../../lib/database/mysql/mysql.insert.js';
import { mysqlServer } from '../../lib/database/mysql/mysql.server.js';
import { ServerDatabase } from '../../lib/database/server.database.js';
import { describeOn, testDatabase } from '../databases.js';
import { handlerSuite } from './handler-suite.js';
import { planSuite } from './plan-suite.js';
import { serverSuite } from './server-suite.js';
import { staleSuite } from './stale-suite.js';
import { bench, claimOne, event, LEASE, storeSuite } from './store-suite.js';
import { upkeepSuite } from './upkeep-suite.js';

const database = await testDatabase('mariadb');

/** mysql2, with a statement that runs first on every connection of a pool. */
const preparing = (statement: string): typeof mysql => ({
  ...mysql,
  createPool: (given: unknown) => {
    const pool = mysql.createPool(given as mysql.PoolOptions);
    pool.on('connection', (connection) => void connection.query(statement));
    return pool;
  },
});

describeOn(database, 'the inbox store', () => {
  const its = bench(database);
  storeSuite(its);
  staleSuite(its);
  handlerSuite(its);
  upkeepSuite(its);
  serverSuite(its);
  planSuite(its, {
    kind: 'mysql',
    explain: 'EXPLAIN',
    scans: (plan) =>
      /"select_type":"(?!INSERT)[A-Z ]+","table":"(armox_armalo_inbox|[row])","type":"(ALL|index)"/.test(
        plan,
      ),
    analyze: 'ANALYZE TABLE armox_armalo_inbox',
  });

  const inbox = () =>
    new InboxDatabase(
      new ServerDatabase(its.application, mysqlServer),
      new MysqlDialect(its.clock),
      new InboxTables(mysqlDriver, 'armox_armalo', undefined),
    );

  it('does not mark a handler whose transaction the database has ended behind its back', async () => {
    const [{ id } = { id: '' }] = await its.store.insert([event()]);
    const row = await claimOne(its.store);
    await expect(
      its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(`INSERT INTO ${its.effects} (text) VALUES ('lost')`);
        // As a deadlock does, whose error the handler swallows.
        await manager.query('ROLLBACK');
      }),
    ).rejects.toBeDefined();
    expect((await its.store.find({ id }))?.completedHandlers).toEqual([]);
  });

  it('keeps texts and marks as they are where the sessions take backslashes as they stand', async () => {
    const application = await new DataSource({
      ...its.database.options,
      driver: preparing("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"),
    }).initialize();
    const connections = await InboxConnections.open(application, { clock: its.clock });
    const { store } = connections;
    const texts = { eventId: `it's "x" \\`, name: "'; --", account: '\\', orderKey: '"' };
    try {
      const [{ id } = { id: '' }] = await store.insert([event(texts)]);
      const row = await claimOne(store);
      await store.markCompleted(row, 'A."b"');
      const modes: unknown[] = [];
      await store.runTransactional(row, "C.d'", LEASE, async (manager) => {
        modes.push(await manager.query('SELECT @@sql_mode AS mode'));
      });
      expect(JSON.stringify(modes)).toContain('NO_BACKSLASH_ESCAPES');
      expect(await store.find({ id })).toMatchObject({
        ...texts,
        completedHandlers: ['A."b"', "C.d'"],
      });
    } finally {
      await connections.close();
      await application.destroy();
    }
  });

  it('keeps to its database, whichever one a handler uses', async () => {
    // With connections of its own, since the pool keeps what a handler does to them.
    const store = await its.another();
    await store.insert([event()]);
    const outcome = await store.runTransactional(
      await claimOne(store),
      'A.b',
      LEASE,
      async (manager) => {
        await manager.query('USE information_schema');
      },
    );
    expect(outcome).toBe('committed');
  });

  it('is refused at boot for a body limit whose bodies no statement can carry', async () => {
    const [row] = await its.query('SELECT @@max_allowed_packet AS bytes');
    const packet = Number(row?.['bytes']);
    const boot = (bodyLimit: number) => {
      const options = { webhookSecret: 's', bodyLimit };
      const source = configuredSource(armalo, options, armaloSource(), '/webhooks/armalo');
      return InboxLifecycle.open(its.application, undefined, resolveOptions({}), [source], {
        tables: sourceTables,
      });
    };
    await expect(boot(packet / 2)).rejects.toMatchObject({
      code: 'ARMOX_ARMALO_CONFIGURATION',
      message: expect.stringMatching(
        `\`armalo.bodyLimit\`: is ${packet / 2} bytes.*max_allowed_packet.*bodies of up to \\d+ bytes`,
      ) as unknown,
    });
    const largest = Math.floor((packet - 24 * 1024) / 2);
    await (await boot(largest)).onApplicationShutdown();
  });

  it('writes the largest body that it names into one packet, beside the longest names', () => {
    const packet = 256 * 1024;
    const beside = 24 * 1024;
    const insert = new MysqlInsert(packet);
    const long = '\0€'.repeat(5_000);
    const texts = { invalid: long, account: long, name: long, orderKey: long, eventId: long };
    const body = Buffer.alloc(insert.largestValue(beside));
    const unit = insert.insert(insertionOf(inbox(), [preparedRow(event({ ...texts, body }))]));
    const { sql, values } = unit.next([]).value as Sql;
    expect(sql).toMatch(/^INSERT/);
    expect(Buffer.byteLength(format(sql, values as never[]))).toBeLessThanOrEqual(packet);
  });

  it('stores a batch that is longer than a packet in several statements of one transaction', async () => {
    const statements: Sql[] = [];
    const insert = new MysqlInsert(64 * 1024);
    const database = new ServerDatabase(its.application, mysqlServer);
    const rows = Array.from({ length: 20 }, (_, index) =>
      preparedRow(event({ body: Buffer.alloc(10_000), orderKey: index < 3 ? 'k' : null })),
    );
    const inserted = await database.transaction(function* () {
      const unit = insert.insert(insertionOf(inbox(), rows));
      let step = unit.next([]);
      while (!step.done) {
        statements.push(step.value);
        step = unit.next(yield step.value);
      }
      return step.value;
    });
    const inserts = statements.filter(({ sql }) => sql.startsWith('INSERT'));
    expect(inserts).toHaveLength(7);
    for (const { sql, values } of inserts) {
      expect(format(sql, values as never[]).length).toBeLessThanOrEqual(64 * 1024);
    }
    expect(inserted.filter(({ stored }) => stored)).toHaveLength(20);
    expect(inserted.filter(({ row }) => row['state'] === 'waiting')).toHaveLength(2);
  });
});
