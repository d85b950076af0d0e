import type { DataSource, QueryRunner } from 'typeorm';
import { systemRandom, systemTimers, within } from '../core/index.js';
import { asStoreError, driverError, timedOut, type Failure } from './database.errors.js';
import { STATEMENT_TIMEOUT, type Database, type Unit } from './database.js';
import type { Answer, Server } from './server.js';
import { raw, type Sql } from './sql.js';
import { StatementLog } from './statement.log.js';

const LOCK_TRIES = 6;
const CLOSE_TIMEOUT = 5_000;

const COMMIT = raw('COMMIT');
const ROLLBACK = raw('ROLLBACK');

/**
 * PostgreSQL and MySQL/MariaDB through a pool of our own: TypeORM gives the connections, and statements go past it. Every unit ends within its timeout, also on a
 * connection from which nothing comes any more; such a connection is destroyed.
 */
export class ServerDatabase implements Database {
  private readonly setUp = new WeakSet<object>();
  private readonly log: StatementLog;

  constructor(
    readonly dataSource: DataSource,
    private readonly server: Server,
  ) {
    this.log = new StatementLog(dataSource);
  }

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
        const failure = this.failureOf(error);
        // Once at most: it is sent in another way from now on.
        if (failure === 'lost-statement') continue;
        if (tried >= LOCK_TRIES || failure !== 'lock-conflict') throw error;
        await systemTimers.sleep(5 + systemRandom() * 20 * tried);
      }
    }
  }

  private bounded<Result>(
    unit: () => Unit<Result>,
    inTransaction: boolean,
    timeout: number,
  ): Promise<Result> {
    const use = new ConnectionUse(
      this.dataSource.createQueryRunner('master'),
      this.server,
      this.log,
    );
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
      if (!this.setUp.has(connection)) {
        await this.server.setUp(connection);
        this.setUp.add(connection);
      }
      if (!inTransaction) return await this.drive(use, unit());
      await use.ask(this.server.begin);
      try {
        const result = await this.drive(use, unit());
        await use.ask(COMMIT);
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
      const { rows } = await use.ask(step.value);
      step = unit.next(rows);
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
    private readonly log: StatementLog,
  ) {}

  async connect(): Promise<object> {
    const connection = (await this.runner.connect()) as object;
    this.connection = connection;
    // The pool gave it after our timeout: it is sound, and goes back as it came.
    if (this.abandoned) throw new Error('The connection came too late.');
    return connection;
  }

  ask(statement: Sql): Promise<Answer> {
    return this.log.around(this.server.text(statement), this.runner, () =>
      this.server.ask(this.connection, statement),
    );
  }

  async rollback(): Promise<void> {
    try {
      await this.ask(ROLLBACK);
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
