import type { DataSource } from 'typeorm';
import { systemTimers } from '../../core/index.js';
import { timedOut } from '../database.errors.js';
import type { Exclusively } from '../migrator.js';
import { SqliteConnection } from './sqlite.connection.js';
import { isBusy } from './sqlite.errors.js';
import { breathe, type SqliteMutex } from './sqlite.mutex.js';

/** About a minute. */
const BUSY_TRIES = 12_000;
const TIMEOUT = 60_000;

/** @throws what it threw at the last of so many tries, or at once where that is not for a lock */
export async function whileBusy<Result>(attempt: () => Result, tries: number): Promise<Result> {
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
  const waitsUntil = systemTimers.now() + TIMEOUT;
  while (connection.inTransaction) {
    if (systemTimers.now() > waitsUntil) {
      throw timedOut('Waiting for a transaction of the application', TIMEOUT);
    }
    await breathe();
  }
}

export const exclusivelyOnSqlite =
  (own: DataSource, mutex: SqliteMutex): Exclusively =>
  async (_lock, work) => {
    const release = await mutex.acquire(TIMEOUT);
    if (!release) throw timedOut('Waiting to make the tables of the inbox', TIMEOUT);
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
