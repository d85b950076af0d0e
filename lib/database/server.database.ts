import type { DataSource, QueryRunner } from 'typeorm';
import { systemRandom, systemTimers, within } from '../core/index.js';
import { asStoreError, driverError, timedOut, type Failure } from './database.errors.js';
import { STATEMENT_TIMEOUT, type Database, type Row, type Unit } from './database.js';
import type { Server } from './server.js';

const LOCK_TRIES = 6;
const CLOSE_TIMEOUT = 5_000;

/**
 * PostgreSQL and MySQL/MariaDB through a pool of our own. Every unit ends within its timeout, also on a
 * connection from which nothing comes any more; such a connection is destroyed.
 */
export class ServerDatabase implements Database {
  private readonly prepared = new WeakSet<object>();

  constructor(
    readonly dataSource: DataSource,
    private readonly server: Server,
  ) {}

  failureOf(error: unknown): Failure {
    return this.server.failureOf(error);
  }

  transaction<Result>(unit: () => Unit<Result>, timeout = STATEMENT_TIMEOUT): Promise<Result> {
    return this.retried(unit, true, timeout);
  }

  statement<Result>(unit: () => Unit<Result>, timeout = STATEMENT_TIMEOUT): Promise<Result> {
    return this.retried(unit, false, timeout);
  }

  oneChange<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.server.changesAtOnce ? this.statement(unit) : this.transaction(unit);
  }

  read<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.retried(unit, false, STATEMENT_TIMEOUT);
  }

  atOnce<Result>(unit: () => Unit<Result>): Promise<Result | undefined> {
    // SKIP LOCKED is in the statements themselves.
    return this.transaction(unit);
  }

  /** Ends within a few seconds: a server that does not answer any more does not take leave either. */
  async close(): Promise<void> {
    const closed = this.dataSource.destroy();
    closed.catch(driverError);
    await within(closed, CLOSE_TIMEOUT, systemTimers);
  }

  private async retried<Result>(
    unit: () => Unit<Result>,
    inTransaction: boolean,
    timeout: number,
  ): Promise<Result> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.bounded(unit, inTransaction, timeout);
      } catch (error) {
        if (tried === LOCK_TRIES || this.failureOf(error) !== 'lock-conflict') throw error;
        await systemTimers.sleep(5 + systemRandom() * 20 * tried);
      }
    }
  }

  private bounded<Result>(
    unit: () => Unit<Result>,
    inTransaction: boolean,
    timeout: number,
  ): Promise<Result> {
    const use = new ConnectionUse(this.dataSource.createQueryRunner('master'), this.server);
    return new Promise<Result>((resolve, reject) => {
      const cancelTimeout = systemTimers.after(timeout, () => {
        use.abandon();
        reject(timedOut('A statement of the inbox', timeout));
      });
      this.carryOut(use, unit, inTransaction)
        .finally(cancelTimeout)
        .then(resolve, (error: unknown) => reject(asStoreError(error, this.server.failureOf)));
    });
  }

  private async carryOut<Result>(
    use: ConnectionUse,
    unit: () => Unit<Result>,
    inTransaction: boolean,
  ): Promise<Result> {
    try {
      const connection = await use.connect();
      if (!this.prepared.has(connection)) {
        for (const text of this.server.prepare) await use.query(text);
        this.prepared.add(connection);
      }
      if (!inTransaction) return await this.drive(use, unit());
      await use.query(this.server.begin);
      try {
        const result = await this.drive(use, unit());
        await use.query('COMMIT');
        return result;
      } catch (error) {
        await use.rollback();
        throw error;
      }
    } finally {
      await use.release();
    }
  }

  private async drive<Result>(use: ConnectionUse, unit: Unit<Result>): Promise<Result> {
    let step = unit.next([]);
    while (!step.done) {
      const statement = step.value;
      step = unit.next(await use.query(this.server.text(statement), statement.values));
    }
    return step.value;
  }
}

/** One unit's hold on a pooled connection. */
class ConnectionUse {
  private connection: object | undefined;
  private abandoned = false;

  constructor(
    private readonly runner: QueryRunner,
    private readonly server: Server,
  ) {}

  async connect(): Promise<object> {
    const connection = (await this.runner.connect()) as object;
    this.connection = connection;
    // The pool gave it after our timeout: it is sound, and goes back as it came.
    if (this.abandoned) throw new Error('The connection came too late.');
    return connection;
  }

  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const result = await this.runner.query(text, [...values], true);
    return (result.records as readonly Row[] | undefined) ?? [];
  }

  async rollback(): Promise<void> {
    try {
      await this.runner.query('ROLLBACK');
    } catch {
      // A connection with an open transaction must not go back to the pool.
      if (this.connection) this.server.destroy(this.connection);
    }
  }

  abandon(): void {
    this.abandoned = true;
    if (this.connection) this.server.destroy(this.connection);
  }

  async release(): Promise<void> {
    try {
      await this.runner.release();
    } catch (error) {
      // Bookkeeping of a connection that is gone already; the unit's own outcome is what counts.
      driverError(error);
    }
  }
}
