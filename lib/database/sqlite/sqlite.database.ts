import type { DataSource } from 'typeorm';
import { systemTimers } from '../../core/index.js';
import { asStoreError, timedOut, type Failure } from '../database.errors.js';
import { STATEMENT_TIMEOUT, type Database, type Unit } from '../database.js';
import { SqliteConnection } from './sqlite.connection.js';
import { breathe, type SqliteMutex } from './sqlite.mutex.js';
import { isBusy, sqliteFailure } from './sqlite.errors.js';
import { ownTransaction } from './sqlite.transactions.js';

type Brackets = 'transaction' | 'nothing';

/**
 * SQLite on one connection. The driver is synchronous, so nothing here waits for a lock inside it
 * (that would stop the whole process): busy is an answer, and the unit is tried again from a timer.
 */
export class SqliteDatabase implements Database {
  private readonly connection: SqliteConnection;

  constructor(
    private readonly dataSource: DataSource,
    private readonly mutex: SqliteMutex,
    /** True where the application's statements run on this very connection (`:memory:`, sql.js). */
    private readonly shared: boolean,
  ) {
    this.connection = new SqliteConnection(dataSource);
  }

  transaction<Result>(unit: () => Unit<Result>, timeout = STATEMENT_TIMEOUT): Promise<Result> {
    return this.write(unit, 'transaction', timeout);
  }

  statement<Result>(unit: () => Unit<Result>, timeout = STATEMENT_TIMEOUT): Promise<Result> {
    return this.write(unit, 'nothing', timeout);
  }

  oneChange<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.statement(unit);
  }

  failureOf(error: unknown): Failure {
    return sqliteFailure(error);
  }

  async read<Result>(unit: () => Unit<Result>): Promise<Result> {
    const waitsUntil = systemTimers.now() + STATEMENT_TIMEOUT;
    for (;;) {
      try {
        return (ownTransaction()?.connection ?? this.connection).run(unit(), 'nothing');
      } catch (error) {
        if (!isBusy(error) || systemTimers.now() > waitsUntil)
          throw asStoreError(error, sqliteFailure);
      }
      await breathe();
    }
  }

  async atOnce<Result>(unit: () => Unit<Result>): Promise<Result | undefined> {
    if (this.mutex.isHeld || this.isTaken()) return undefined;
    try {
      const result = this.connection.run(unit(), 'transaction');
      await this.connection.saved();
      return result;
    } catch (error) {
      if (isBusy(error)) return undefined;
      throw asStoreError(error, sqliteFailure);
    }
  }

  async close(): Promise<void> {
    if (!this.shared) await this.dataSource.destroy();
  }

  private isTaken(): boolean {
    return this.shared && this.connection.inTransaction;
  }

  private async write<Result>(
    unit: () => Unit<Result>,
    within: Brackets,
    timeout: number,
  ): Promise<Result> {
    const joined = ownTransaction();
    try {
      // To wait for a transaction that waits for us would be for ever.
      if (joined) return joined.connection.run(unit(), 'savepoint');
      return await this.writeInTurn(unit, within, timeout);
    } catch (error) {
      throw asStoreError(error, sqliteFailure);
    }
  }

  private async writeInTurn<Result>(
    unit: () => Unit<Result>,
    within: Brackets,
    timeout: number,
  ): Promise<Result> {
    const waitsUntil = systemTimers.now() + timeout;
    const release = await this.mutex.acquire(timeout);
    if (!release) throw timedOut('Waiting for a transactional handler on SQLite', timeout);
    try {
      for (;;) {
        try {
          if (!this.isTaken()) {
            const result = this.connection.run(unit(), within);
            await this.connection.saved();
            return result;
          }
        } catch (error) {
          if (!isBusy(error)) throw error;
        }
        if (systemTimers.now() > waitsUntil) throw timedOut('Waiting for SQLite', timeout);
        await breathe();
      }
    } finally {
      release();
    }
  }
}
