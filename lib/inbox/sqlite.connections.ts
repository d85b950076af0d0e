import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import {
  isBusy,
  timedOut,
  sqliteFacts,
  assertUsable,
  SqliteDialect,
  handlersSqlite,
  isInMemory,
  ownSqlite,
  SqliteConnection,
  SqliteDatabase,
  breathe,
  SqliteMutex,
  ownTransaction,
  SqliteTransactions,
} from '../database/index.js';
import { SqliteHandlerTransactions } from './completed.handlers.js';
import {
  insertHooksOf,
  DEFAULT_INGEST_TIMEOUT,
  type InboxOptions,
  type OpenedInbox,
} from './inbox.options.js';
import { InboxSchema, type Exclusively } from './inbox.schema.js';
import { DEFAULT_PREFIX, inboxTables } from './inbox.tables.js';
import { SqlInboxStore } from './sql.inbox.store.js';
import { SqliteInsert } from './sqlite.insert.js';
import { InboxDatabase } from './inbox.database.js';

/** One for all stores on an application's DataSource, which in memory share its one connection. */
const mutexes = new WeakMap<DataSource, SqliteMutex>();

function mutexOf(application: DataSource): SqliteMutex {
  const mutex = mutexes.get(application) ?? new SqliteMutex();
  mutexes.set(application, mutex);
  return mutex;
}

export async function openSqlite(
  application: DataSource,
  options: InboxOptions,
): Promise<OpenedInbox> {
  const shared = isInMemory(application);
  const own = shared ? application : await ownSqlite(application);
  try {
    const connection = new SqliteConnection(own);
    assertUsable(sqliteFacts(connection));
    if (!shared) await prepareFile(connection, String(application.options.database));
    return assembled(application, own, shared, options);
  } catch (error) {
    if (!shared) await own.destroy();
    throw error;
  }
}

function assembled(
  application: DataSource,
  own: DataSource,
  shared: boolean,
  options: InboxOptions,
): OpenedInbox {
  const { type } = application.options;
  const tables = inboxTables('sqlite', options.tablePrefix ?? DEFAULT_PREFIX);
  const mutex = mutexOf(application);
  const database = new SqliteDatabase(own, mutex, shared);
  const dialect = new SqliteDialect(options.clock);
  const parts = new InboxDatabase(database, dialect, tables);
  const transactions = new SqliteTransactions(
    () => (shared ? Promise.resolve(application) : handlersSqlite(application)),
    mutex,
    shared,
  );
  const store = new SqlInboxStore(parts, {
    insert: new SqliteInsert(dialect, tables),
    handlers: new SqliteHandlerTransactions(transactions, parts),
    insertHooks: insertHooksOf(parts, options),
    ingestTimeout: options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT,
    joins: () => ownTransaction() !== undefined,
    listen: () => Promise.resolve(() => Promise.resolve()),
  });
  return {
    store,
    parts,
    schema: new InboxSchema(parts, exclusivelyOnSqlite(own, mutex), type),
    close: async () => {
      await transactions.close();
      await database.close();
    },
  };
}

/** WAL: readers and one writer do not hinder each other. FULL: some builds of SQLite would lose the last commits at a power cut. */
async function prepareFile(connection: SqliteConnection, file: string): Promise<void> {
  connection.all('PRAGMA synchronous = FULL');
  const [mode] = connection.all('PRAGMA journal_mode');
  if (mode?.['journal_mode'] === 'wal') return;
  try {
    const [now] = await whileBusy(() => connection.all('PRAGMA journal_mode = WAL'), WAL_TRIES);
    if (now?.['journal_mode'] !== 'wal') return;
    new Logger('ArmoxArmaloInbox').log(
      `${file} is in SQLite's WAL mode from now on (it was in "${String(mode?.['journal_mode'])}"), so that reading and storing events do not wait for each other. ` +
        'The mode stays with the file; beside it there are a -wal and a -shm file while it is open.',
    );
  } catch (error) {
    // Somebody reads without end. Without WAL writers and readers wait for each other, and no more.
    if (!isBusy(error)) throw error;
  }
}

/** About a second, and about a minute. */
const WAL_TRIES = 200;
const BUSY_TRIES = 12_000;
const MIGRATION_TIMEOUT = 60_000;

async function whileBusy<Result>(attempt: () => Result, tries: number): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return attempt();
    } catch (error) {
      if (tried === tries || !isBusy(error)) throw error;
      await breathe();
    }
  }
}

/** In memory the application may have a transaction open on the same connection. */
async function untilFree(connection: SqliteConnection): Promise<void> {
  const waitsUntil = performance.now() + MIGRATION_TIMEOUT;
  while (connection.inTransaction) {
    if (performance.now() > waitsUntil) {
      throw timedOut('Waiting for a transaction of the application', MIGRATION_TIMEOUT);
    }
    await breathe();
  }
}

const exclusivelyOnSqlite =
  (own: DataSource, mutex: SqliteMutex): Exclusively =>
  async (work) => {
    const release = await mutex.acquire(MIGRATION_TIMEOUT);
    if (!release) throw timedOut('Waiting to make the tables of the inbox', MIGRATION_TIMEOUT);
    const connection = new SqliteConnection(own);
    const runner = own.createQueryRunner();
    try {
      await untilFree(connection);
      await whileBusy(() => connection.all('BEGIN IMMEDIATE'), BUSY_TRIES);
      try {
        await work(runner);
        connection.all('COMMIT');
        await connection.saved();
      } catch (error) {
        if (connection.inTransaction) connection.all('ROLLBACK');
        throw error;
      }
    } finally {
      release();
    }
  };
