import type { DataSource } from 'typeorm';
import { InboxSchemaError } from '../core/index.js';
import {
  mysqlFacts,
  postgresFacts,
  type DatabaseFacts,
  assertUsable,
  MysqlDialect,
  PostgresDialect,
  ownPool,
  PostgresListener,
  ServerDatabase,
  type ServerDialect,
  MYSQL_SESSIONS,
  POSTGRES_SESSIONS,
} from '../database/index.js';
import {
  insertHooksOf,
  DEFAULT_INGEST_TIMEOUT,
  DEFAULT_POOL_SIZE,
  type InboxOptions,
  type OpenedInbox,
} from './inbox.options.js';
import { InboxSchema, type Exclusively } from './inbox.schema.js';
import { DEFAULT_PREFIX, inboxTables, type InboxTables } from './inbox.tables.js';
import { familyOf } from '../database/index.js';
import { MysqlInsert } from './mysql.insert.js';
import { PostgresInsert } from './postgres.insert.js';
import { ServerHandlerTransactions } from './server.handler.transactions.js';
import { SqlInboxStore } from './sql.inbox.store.js';
import { InboxDatabase } from './inbox.database.js';

export const POSTGRES: ServerDialect = {
  begin: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  text: (statement) => statement.text,
  prepare: [],
  destroy: (connection) => {
    // With a statement under way `end` cuts the connection, and the pool drops a client that is ending.
    const client = connection as { end(): Promise<void> };
    void client.end().catch(() => undefined);
  },
};

export const MYSQL: ServerDialect = {
  begin: 'START TRANSACTION',
  text: (statement) => statement.sql,
  prepare: [
    // The default, REPEATABLE READ, locks the gaps beside the rows that it reads.
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    // With NO_BACKSLASH_ESCAPES on the server, what mysql2 writes for a quotation mark would be stored as it stands.
    "SET SESSION innodb_lock_wait_timeout = 10, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
  ],
  destroy: (connection) => (connection as { destroy(): void }).destroy(),
};

/** A number for the lock from the tables' name, the same on every replica. */
function lockNumber(name: string): number {
  let sum = 0;
  for (const byte of Buffer.from(name)) sum = (sum * 31 + byte) % 2_147_483_647;
  return sum;
}

const exclusivelyOnPostgres =
  (own: DataSource, tables: InboxTables): Exclusively =>
  async (work) => {
    const runner = own.createQueryRunner('master');
    try {
      await runner.startTransaction();
      // Ends with the transaction, so it works behind a pooler too.
      await runner.query(`SELECT pg_advisory_xact_lock(${lockNumber(tables.inbox.sql)})`);
      await work(runner);
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  };

const exclusivelyOnMysql =
  (own: DataSource, tables: InboxTables): Exclusively =>
  async (work) => {
    const runner = own.createQueryRunner('master');
    // Locks have no database of their own there, so its name is in theirs; 64 characters at most.
    const lock = `CONCAT('${tables.names.migration}:', LEFT(MD5(DATABASE()), 16))`;
    try {
      const [row] = (await runner.query(`SELECT GET_LOCK(${lock}, 60) AS got`)) as {
        got: unknown;
      }[];
      if (Number(row?.got) !== 1) {
        throw new InboxSchemaError(
          'Another replica has been migrating the tables for a minute, so this one did not. Start it again when that one is done.',
        );
      }
      await work(runner);
    } finally {
      await runner.query(`SELECT RELEASE_LOCK(${lock})`).catch(() => undefined);
      await runner.release();
    }
  };

export async function openServer(
  application: DataSource,
  options: InboxOptions,
): Promise<OpenedInbox> {
  const postgres = application.options.type === 'postgres';
  // One more on PostgreSQL, for LISTEN.
  const poolSize = Math.max(2, options.poolSize ?? DEFAULT_POOL_SIZE) + (postgres ? 1 : 0);
  const own = ownPool(application, poolSize, options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT);
  await own.initialize();
  try {
    const { schema } = application.options as { schema?: string };
    const facts = postgres ? await postgresFacts(own, schema) : await mysqlFacts(own);
    assertUsable(facts);
    return assembled(application, own, facts, options);
  } catch (error) {
    await own.destroy();
    throw error;
  }
}

function assembled(
  application: DataSource,
  own: DataSource,
  facts: DatabaseFacts,
  options: InboxOptions,
): OpenedInbox {
  const { type } = application.options;
  const postgres = type === 'postgres';
  const tables = inboxTables(familyOf(type), options.tablePrefix ?? DEFAULT_PREFIX, facts.schema);
  const dialect = postgres ? new PostgresDialect(options.clock) : new MysqlDialect(options.clock);
  const server = postgres ? POSTGRES : MYSQL;
  const database = new ServerDatabase(own, server);
  const parts = new InboxDatabase(database, dialect, tables);
  const mysql = postgres ? undefined : new MysqlInsert(dialect, tables, facts.longestStatement);
  const store = new SqlInboxStore(parts, {
    insert: mysql ?? new PostgresInsert(dialect, tables),
    handlers: new ServerHandlerTransactions(application, parts, {
      ...server,
      ...(postgres ? POSTGRES_SESSIONS : MYSQL_SESSIONS),
    }),
    insertHooks: insertHooksOf(parts, options),
    ingestTimeout: options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT,
    joins: () => false,
    listen: (wake) =>
      postgres
        ? new PostgresListener(own, tables.channel, wake).start()
        : Promise.resolve(() => Promise.resolve()),
  });
  const exclusively = postgres
    ? exclusivelyOnPostgres(own, tables)
    : exclusivelyOnMysql(own, tables);
  return {
    store,
    parts,
    schema: new InboxSchema(parts, exclusively, type),
    largestBody: mysql?.largestBody,
    close: () => database.close(),
  };
}
