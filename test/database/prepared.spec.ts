import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { only, type Database, type Unit } from '../../lib/database/database.js';
import type { OpenDatabase } from '../../lib/database/index.js';
import { postgres as driver } from '../../lib/database/postgres/postgres.js';
import { prepared } from '../../lib/database/prepared.js';
import { raw, sql, type Sql } from '../../lib/database/sql.js';
import { InboxConnections } from '../../lib/inbox/index.js';
import { describeOn, testDatabase, type TestDatabase } from '../databases.js';
import { event, LEASE, settlement } from '../inbox/store-suite.js';

/** A pooler that takes no prepared statements, and ends the connection of whoever sends one. */
class ClientOfStrictPooler extends Client {
  // The driver's types have ten ways to call it.
  override query = ((...given: unknown[]): unknown => {
    const [statement] = given as [{ name?: string }];
    if (statement.name === undefined) {
      return (Client.prototype.query as (...all: unknown[]) => unknown).apply(this, given);
    }
    void this.end();
    return Promise.reject(Object.assign(new Error('unsupported'), { code: '08P01' }));
  }) as Client['query'];
}

const postgres = await testDatabase('postgres');

describeOn(postgres, 'A prepared statement', () => {
  let its: TestDatabase;
  let application: DataSource;
  let opened: OpenDatabase;
  let warned: jest.SpiedFunction<Logger['warn']>;

  const open = async (options: object = {}) => {
    application = await new DataSource({ ...its.options, ...options }).initialize();
    opened = await driver.open(application, {
      poolSize: 2,
      connectTimeout: 5_000,
      clock: undefined,
    });
  };

  beforeEach(async () => {
    its = await postgres.create();
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });

  afterEach(async () => {
    warned.mockRestore();
    await opened.close();
    await application.destroy();
    await its.drop();
  });

  /** Asked one after the other, all go over the same connection. */
  const ask = (statement: Sql) => opened.database.statement(() => only(statement));
  const askPrepared = (statement: Sql) =>
    opened.database.statement(() => prepared(only(statement)));
  const kept = async (database: Database = opened.database) => {
    const names = sql`SELECT statement FROM pg_prepared_statements WHERE name LIKE 'armox_armalo_%'`;
    return (await database.read(() => only(names))).map((row) => String(row['statement']));
  };

  it('is kept once for each text, and planned for each run', async () => {
    await open();
    for (const value of [1, 2, 3]) {
      expect(await askPrepared(sql`SELECT CAST(${value} AS integer) AS value`)).toEqual([
        { value },
      ]);
      await ask(sql`SELECT CAST(${value} AS integer) AS other`);
    }
    expect(await kept()).toEqual(['SELECT CAST($1 AS integer) AS value']);
    expect(await ask(sql`SHOW plan_cache_mode`)).toEqual([
      { plan_cache_mode: 'force_custom_plan' },
    ]);
    expect(warned).not.toHaveBeenCalled();
  });

  it('keeps its plan on a connection of the application, where it is about a single id', async () => {
    await open();
    const runner = application.createQueryRunner();
    try {
      await runner.query(
        'CREATE TEMPORARY TABLE rows AS SELECT g::bigint AS id FROM generate_series(1, 9) g',
      );
      await runner.query('ALTER TABLE rows ADD PRIMARY KEY (id)');
      const { text } = sql`SELECT id FROM rows WHERE ${opened.dialect.oneOf('id', ['1'])}`;
      await runner.query(`PREPARE one AS ${text}`);
      for (let id = 1; id <= 9; id += 1) await runner.query(`EXECUTE one(${id})`);
      const planned = "SELECT custom_plans FROM pg_prepared_statements WHERE name = 'one'";
      // PostgreSQL plans five runs before it decides.
      expect(await runner.query(planned)).toEqual([{ custom_plans: '5' }]);
    } finally {
      await runner.release();
    }
  });

  it('is one of a hundred at most, however many texts say that they recur', async () => {
    await open();
    for (let index = 0; index < 120; index += 1) await askPrepared(raw(`SELECT ${index}`));
    expect(await kept()).toHaveLength(100);
  });

  it('is none whose text grows with the rows: those of the inbox stay a handful', async () => {
    await open();
    const connections = await InboxConnections.open(application, { poolSize: 2 });
    const { store, parts } = connections;
    try {
      await connections.migrate();
      for (let size = 1; size <= 12; size += 1) {
        const keyed = Array.from({ length: size }, (_, index) => event({ orderKey: `k${index}` }));
        await store.insert([...keyed, ...keyed.map(() => event())]);
        const rows = await store.claim(2 * size, LEASE);
        const [done, failed] = [rows.slice(0, size), rows.slice(size)];
        await store.heartbeat(rows, LEASE);
        await store.settle(done.map((row) => settlement(row, { to: 'done' })));
        await store.settle(
          failed.map((row) => settlement(row, { to: 'dead', reason: 'rejected', error: row.id })),
        );
        await store.outlook();
      }
      const all = await kept(parts.database);
      expect(all.length).toBeGreaterThan(3);
      expect(all.length).toBeLessThan(12);
      expect(all.filter((text) => text.includes('CASE id'))).toEqual([]);
    } finally {
      await connections.close();
    }
  });

  const VALUE = sql`SELECT value FROM thing`;

  /** What makes the connection's prepared statement unusable, and the code that PostgreSQL says it with. */
  const losses: [string, Sql][] = [
    ['26000', raw('DEALLOCATE ALL')],
    ['0A000', raw('ALTER TABLE thing ALTER COLUMN value TYPE text')],
  ];

  for (const inTransaction of [false, true]) {
    const what = inTransaction ? 'its transaction' : 'it';

    const twice = () => {
      function* unit(): Unit<string> {
        const [changed] = yield sql`UPDATE thing SET seen = seen + 1 RETURNING seen`;
        const [row] = yield VALUE.prepared();
        return `${String(row?.['value'])}, seen ${String(changed?.['seen'])}`;
      }
      return inTransaction
        ? opened.database.transaction(unit)
        : opened.database.statement(() => prepared(only(VALUE)));
    };
    const result = inTransaction ? '7, seen 1' : [{ value: expect.anything() as unknown }];

    const thing = async () => {
      await ask(raw('CREATE TABLE thing (value integer, seen integer)'));
      await ask(raw('INSERT INTO thing VALUES (7, 0)'));
    };

    it.each(losses)(`that is lost (%s): ${what} is run again, once`, async (code, loss) => {
      await open();
      await thing();
      await askPrepared(VALUE);
      await ask(loss);
      expect(await twice()).toEqual(result);
      await twice();
      expect(warned).toHaveBeenCalledTimes(1);
      expect(String(warned.mock.calls[0])).toContain(`SQLSTATE ${code}`);
    });

    it(`that costs the connection (08P01): ${what} is run again on another one`, async () => {
      await open({ extra: { Client: ClientOfStrictPooler } });
      await thing();
      expect(await twice()).toEqual(result);
      await twice();
      expect(warned).toHaveBeenCalledTimes(1);
      expect(String(warned.mock.calls[0])).toContain('SQLSTATE 08P01');
    });
  }

  it('that fails for another reason fails as it is, with nothing of its values', async () => {
    await open();
    await ask(raw('CREATE TABLE thing (value text UNIQUE)'));
    const secret = 'payload-that-nobody-may-see';
    const insert = () => askPrepared(sql`INSERT INTO thing VALUES (${secret})`);
    await insert();
    const error: unknown = await insert().catch((thrown: unknown) => thrown);
    expect(opened.database.failureOf(error)).toBe('unique-violation');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret);
    expect(warned).not.toHaveBeenCalled();
  });
});
