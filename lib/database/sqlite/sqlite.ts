import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { DatabaseDriver, OpenDatabase, OpenOptions } from '../database.driver.js';
import { SqliteConnection } from './sqlite.connection.js';
import { handlersConnection, isInMemory, ownConnection } from './sqlite.data-sources.js';
import { SqliteDatabase } from './sqlite.database.js';
import { SqliteDialect } from './sqlite.dialect.js';
import { isBusy } from './sqlite.errors.js';
import { assertSqliteCarries, sqliteFacts } from './sqlite.facts.js';
import { sqliteInsert } from './sqlite.insert.js';
import { exclusivelyOnSqlite, whileBusy } from './sqlite.lock.js';
import { SqliteMutex } from './sqlite.mutex.js';
import { sqliteSchema } from './sqlite.schema.js';
import { ownTransaction, SqliteTransactions } from './sqlite.transactions.js';

export const sqlite: DatabaseDriver = {
  types: ['better-sqlite3', 'sqljs'],
  schemaDialect: sqliteSchema,
  poolSizeOf: () => undefined,
  open,
};

/** One for all stores on an application's DataSource, which in memory share its one connection. */
const mutexes = new WeakMap<DataSource, SqliteMutex>();

function mutexOf(application: DataSource): SqliteMutex {
  const mutex = mutexes.get(application) ?? new SqliteMutex();
  mutexes.set(application, mutex);
  return mutex;
}

async function open(application: DataSource, options: OpenOptions): Promise<OpenDatabase> {
  const shared = isInMemory(application);
  const own = shared ? application : await ownConnection(application);
  try {
    const connection = new SqliteConnection(own);
    assertSqliteCarries(sqliteFacts(connection));
    if (!shared) await prepareFile(connection, String(application.options.database));
    return opened(application, own, shared, options);
  } catch (error) {
    if (!shared) await own.destroy();
    throw error;
  }
}

function opened(
  application: DataSource,
  own: DataSource,
  shared: boolean,
  { clock }: OpenOptions,
): OpenDatabase {
  const mutex = mutexOf(application);
  const database = new SqliteDatabase(own, mutex, shared);
  const forHandlers = () =>
    shared ? Promise.resolve(application) : handlersConnection(application);
  const rowTransactions = new SqliteTransactions(forHandlers, mutex, shared);
  return {
    database,
    dialect: new SqliteDialect(clock),
    schema: undefined,
    place: { type: application.options.type },
    inserts: sqliteInsert,
    rowTransactions,
    exclusively: exclusivelyOnSqlite(own, mutex),
    largestValue: () => undefined,
    joins: () => ownTransaction() !== undefined,
    listen: () => Promise.resolve(() => Promise.resolve()),
    close: async () => {
      await rowTransactions.close();
      await database.close();
    },
  };
}

/** About a second. */
const WAL_TRIES = 200;

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
