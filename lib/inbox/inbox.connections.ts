import { DataSource, type QueryRunner } from 'typeorm';
import type { Clock } from '../core/index.js';
import { isBusy } from './database.errors.js';
import { MysqlDialect, PostgresDialect, SqliteDialect } from './dialect.js';
import { ServerHandlerTransactions, SqliteHandlerTransactions } from './handler.marks.js';
import { InboxSchema, type Exclusively } from './inbox.schema.js';
import type { InboxStore } from './inbox.store.js';
import { DEFAULT_PREFIX, familyOf, inboxTables, type InboxTables } from './inbox.tables.js';
import { MysqlInsert } from './mysql.insert.js';
import { handlersSqlite, isInMemory, ownPool, ownSqlite } from './own.data-source.js';
import { PostgresInsert } from './postgres.insert.js';
import { PostgresListener } from './postgres.listener.js';
import { ServerDatabase, type ServerDialect } from './server.database.js';
import { SqlInboxStore } from './sql.inbox.store.js';
import { SqliteConnection } from './sqlite.connection.js';
import { SqliteDatabase } from './sqlite.database.js';
import { SqliteInsert } from './sqlite.insert.js';
import { breathe, SqliteMutex } from './sqlite.mutex.js';
import { ownTransaction, SqliteTransactions } from './sqlite.transactions.js';
import { StoreParts } from './store.parts.js';

export interface InboxOptions {
  /** Connections of our own on PostgreSQL and MySQL/MariaDB. Default 3. */
  readonly poolSize?: number | undefined;
  /** Beginning of the tables' names. Default `armox_armalo`. */
  readonly prefix?: string | undefined;
  /** Milliseconds within which an event must be committed. Default 5000. */
  readonly ingestTimeout?: number | undefined;
  /** Instead of the database's clock; for tests. */
  readonly clock?: Clock | undefined;
}

interface Opened {
  readonly store: InboxStore;
  readonly schema: InboxSchema;
  readonly close: () => Promise<void>;
}

/** The inbox's store with its own connections to the application's database. */
export class InboxConnections {
  private constructor(private readonly opened: Opened) {}

  /**
   * Opens them from the options of the application's DataSource, which must be initialised and stays
   * the application's: `close` leaves it alone.
   * @throws ConfigurationError for a type of database that is not supported
   */
  static async open(
    application: DataSource,
    options: InboxOptions = {},
  ): Promise<InboxConnections> {
    const family = familyOf(application.options.type);
    const { schema } = application.options as { schema?: string };
    const tables = inboxTables(
      family,
      options.prefix ?? DEFAULT_PREFIX,
      family === 'postgres' ? schema : undefined,
    );
    const opened =
      family === 'sqlite'
        ? await openSqlite(application, tables, options)
        : await openServer(application, tables, options);
    return new InboxConnections(opened);
  }

  get store(): InboxStore {
    return this.opened.store;
  }

  /** Makes the tables; safe when many replicas start at once. */
  migrate(): Promise<void> {
    return this.opened.schema.migrate();
  }

  /** @throws SchemaError when a table is missing */
  assertSchema(): Promise<void> {
    return this.opened.schema.assert();
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}

const DEFAULT_POOL = 3;
const DEFAULT_INGEST_TIMEOUT = 5_000;

async function openServer(
  application: DataSource,
  tables: InboxTables,
  options: InboxOptions,
): Promise<Opened> {
  const ingestTimeout = options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT;
  const postgres = application.options.type === 'postgres';
  // One more on PostgreSQL, for LISTEN.
  const poolSize = Math.max(2, options.poolSize ?? DEFAULT_POOL) + (postgres ? 1 : 0);
  const own = ownPool(application, poolSize, ingestTimeout);
  await own.initialize();
  const dialect = postgres ? new PostgresDialect(options.clock) : new MysqlDialect(options.clock);
  const parts = new StoreParts(
    new ServerDatabase(own, postgres ? POSTGRES : MYSQL),
    dialect,
    tables,
  );
  const store = new SqlInboxStore(parts, {
    insert: postgres ? new PostgresInsert(dialect, tables) : new MysqlInsert(dialect, tables),
    handlers: new ServerHandlerTransactions(application, parts),
    ingestTimeout,
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
    schema: new InboxSchema(parts, exclusively),
    close: () => own.destroy(),
  };
}

async function openSqlite(
  application: DataSource,
  tables: InboxTables,
  options: InboxOptions,
): Promise<Opened> {
  const shared = isInMemory(application);
  const own = shared ? application : await openFile(application);
  const mutex = new SqliteMutex();
  const database = new SqliteDatabase(own, mutex, shared);
  const dialect = new SqliteDialect(options.clock);
  const parts = new StoreParts(database, dialect, tables);
  const transactions = new SqliteTransactions(
    () => (shared ? Promise.resolve(application) : handlersSqlite(application)),
    mutex,
    shared,
  );
  const store = new SqlInboxStore(parts, {
    insert: new SqliteInsert(dialect, tables),
    handlers: new SqliteHandlerTransactions(transactions, parts),
    ingestTimeout: options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT,
    joins: () => ownTransaction() !== undefined,
    listen: () => Promise.resolve(() => Promise.resolve()),
  });
  return {
    store,
    schema: new InboxSchema(parts, exclusivelyOnSqlite(own, mutex)),
    close: async () => {
      await transactions.close();
      await database.close();
    },
  };
}

/** WAL: readers and one writer do not hinder each other. FULL: some builds of SQLite would lose the last commits at a power cut. */
async function openFile(application: DataSource): Promise<DataSource> {
  const own = ownSqlite(application);
  await own.initialize();
  const connection = new SqliteConnection(own);
  connection.all('PRAGMA synchronous = FULL');
  await whileBusy(() => connection.all('PRAGMA journal_mode = WAL'));
  return own;
}

const BUSY_TRIES = 2_000;

async function whileBusy<Result>(attempt: () => Result): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return attempt();
    } catch (error) {
      if (tried === BUSY_TRIES || !isBusy(error)) throw error;
      await breathe();
    }
  }
}

const POSTGRES: ServerDialect = {
  begin: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  text: (statement) => statement.text,
  prepare: [],
  destroy: (connection) => {
    // With a statement under way `end` cuts the connection, and the pool drops a client that is ending.
    const client = connection as { end(): Promise<void> };
    void client.end().catch(() => undefined);
  },
};

const MYSQL: ServerDialect = {
  begin: 'START TRANSACTION',
  text: (statement) => statement.sql,
  prepare: [
    // The default, REPEATABLE READ, locks the gaps beside the rows that it reads.
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SET SESSION innodb_lock_wait_timeout = 10',
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
      await runner.query(`SELECT GET_LOCK(${lock}, 60)`);
      await work(runner);
    } finally {
      await runner.query(`SELECT RELEASE_LOCK(${lock})`).catch(() => undefined);
      await runner.release();
    }
  };

const exclusivelyOnSqlite =
  (own: DataSource, mutex: SqliteMutex): Exclusively =>
  async (work) => {
    const release = await mutex.acquire(60_000);
    const connection = new SqliteConnection(own);
    const runner: QueryRunner = own.createQueryRunner();
    try {
      await whileBusy(() => connection.all('BEGIN IMMEDIATE'));
      try {
        await work(runner);
        connection.all('COMMIT');
        await connection.saved();
      } catch (error) {
        connection.all('ROLLBACK');
        throw error;
      }
    } finally {
      release?.();
    }
  };
