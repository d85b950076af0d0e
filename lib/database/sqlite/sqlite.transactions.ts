import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import { systemTimers } from '../../core/index.js';
import { asStoreError, driverError, timedOut } from '../database.errors.js';
import { STATEMENT_TIMEOUT, type Row } from '../database.js';
import type { DryRun, SentStatement } from '../dry-run.js';
import { nestedLeftOpen, transactionEnded } from '../handler.transaction.errors.js';
import type { RowOutcome, RowTransaction, RowTransactions, RowWork } from '../row.transactions.js';
import { raw, sql, type Sql } from '../sql.js';
import { SqliteConnection } from './sqlite.connection.js';
import { isBusy, sqliteFailure } from './sqlite.errors.js';
import { breathe, type SqliteMutex } from './sqlite.mutex.js';
import { forgetTransaction, transactionDepth } from '../transaction.state.js';
import { watched } from '../watched.statements.js';
import { rollBackWhole } from '../whole.rollback.js';

/**
 * In memory the application has the same runner, and is about to begin, or has just ended, for a moment
 * in which TypeORM believes in a transaction that SQLite has not. Milliseconds.
 */
const LONGEST_BELIEF = 1_000;

interface OwnTransaction {
  readonly connection: SqliteConnection;
  /** False once it has ended: what the handler left running must not join what comes after it. */
  open: boolean;
}

const current = new AsyncLocalStorage<OwnTransaction>();

/** The transaction of the transactional handler that the caller runs inside of. */
export function ownTransaction(): OwnTransaction | undefined {
  const found = current.getStore();
  return found?.open ? found : undefined;
}

/**
 * Where transactional handlers run on SQLite: on a further connection with the application's entities
 * and subscribers, since on the application's own one a rollback of the application takes along
 * what a handler has written.
 */
export class SqliteTransactions implements RowTransactions {
  private opened: Promise<DataSource> | undefined;

  constructor(
    private readonly open: () => Promise<DataSource>,
    private readonly mutex: SqliteMutex,
    /** True where `open` gives the application's own DataSource, since there is no second connection. */
    private readonly shared: boolean,
  ) {}

  run(transaction: RowTransaction): Promise<RowOutcome> {
    return this.inTurn(async (connection, runner) => {
      const rows = await this.begin(connection, runner, takeRows(transaction));
      const work = rows.length > 0 && transaction.work(rows);
      if (work) await this.inside(connection, runner, transaction, work);
      else await rollBack(connection, runner);
      if (rows.length === 0) return 'absent';
      return work ? 'committed' : 'declined';
    });
  }

  dryRun({ handler, table, tell, work }: DryRun): Promise<void> {
    return this.inTurn(async (connection, runner) => {
      await this.begin(connection, runner, sql`UPDATE ${table} SET id = id WHERE 1 = 0`);
      const telling = (statement: SentStatement): void => {
        // After a rollback by SQLite itself each would be a commit.
        if (!connection.inTransaction) throw transactionEnded(handler);
        tell(statement);
      };
      try {
        await this.carryOut(connection, runner, handler, () =>
          watched(runner, { handler, tell: telling }, () => work(runner.manager)),
        );
      } finally {
        await rollBack(connection, runner);
        await runner.release();
      }
    });
  }

  async close(): Promise<void> {
    const dataSource = await this.opened?.catch(() => undefined);
    if (dataSource && !this.shared) await dataSource.destroy();
  }

  /** One after the other, on the connection for handlers. */
  private async inTurn<Result>(
    use: (connection: SqliteConnection, runner: QueryRunner) => Promise<Result>,
  ): Promise<Result> {
    const release = await this.mutex.acquire(STATEMENT_TIMEOUT);
    if (!release) throw timedOut('Waiting for another transactional handler', STATEMENT_TIMEOUT);
    try {
      this.opened ??= this.open();
      const dataSource = await this.opened.catch((error: unknown) => {
        this.opened = undefined;
        throw asStoreError(error, sqliteFailure);
      });
      return await use(new SqliteConnection(dataSource), dataSource.createQueryRunner());
    } finally {
      release();
    }
  }

  private async begin(
    connection: SqliteConnection,
    runner: QueryRunner,
    first: Sql,
  ): Promise<readonly Row[]> {
    const waitsUntil = systemTimers.now() + STATEMENT_TIMEOUT;
    let believedSince = Infinity;
    for (;;) {
      const now = systemTimers.now();
      const taken = this.shared && connection.inTransaction;
      const believed = runner.isTransactionActive || transactionDepth(runner) !== 0;
      if (!believed || taken) believedSince = Infinity;
      else believedSince = Math.min(believedSince, now);
      if (!taken && (!believed || !this.shared || now - believedSince > LONGEST_BELIEF)) {
        if (believed) rollBackForgotten(connection, runner);
        await runner.startTransaction();
        try {
          return (await runner.query(first.sql, [...first.values])) as readonly Row[];
        } catch (error) {
          await rollBack(connection, runner);
          if (!isBusy(driverError(error))) throw asStoreError(error, sqliteFailure);
        }
      }
      if (now > waitsUntil) throw timedOut('Waiting for SQLite', STATEMENT_TIMEOUT);
      await breathe();
    }
  }

  private async inside(
    connection: SqliteConnection,
    runner: QueryRunner,
    { handler, table }: RowTransaction,
    work: RowWork,
  ): Promise<void> {
    try {
      await this.carryOut(connection, runner, handler, () => work.run(runner.manager));
      for (const { set, where } of work.marks()) {
        const mark = sql`UPDATE ${table} SET ${set} WHERE ${where}`;
        await runner.query(mark.sql, [...mark.values]);
      }
      await runner.commitTransaction();
    } catch (error) {
      await rollBack(connection, runner);
      throw error;
    } finally {
      await runner.release();
    }
  }

  private async carryOut(
    connection: SqliteConnection,
    runner: QueryRunner,
    handler: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const transaction: OwnTransaction = { connection, open: true };
    try {
      // SQLite may roll a transaction back by itself (disk full, for one). The savepoint is gone then,
      // and its release fails, where the mark would be committed without what the handler wrote.
      await runner.query('SAVEPOINT armox_armalo_handler');
      await current.run(transaction, work);
    } finally {
      transaction.open = false;
    }
    await runner.query('RELEASE armox_armalo_handler').catch((error: unknown) => {
      const cause = driverError(error);
      throw /no such savepoint/.test(cause.message) ? transactionEnded(handler, cause) : error;
    });
    // TypeORM would release a savepoint instead of committing, and leave the transaction open.
    if (transactionDepth(runner) !== 1) throw nestedLeftOpen(handler);
  }
}

/** By a write, which takes the lock: a transaction that reads before it writes may fail for it. */
function takeRows({ table, where, columns }: RowTransaction): Sql {
  const [first = ''] = columns;
  return sql`UPDATE ${table} SET ${raw(`${first} = ${first}`)} WHERE ${where} RETURNING ${raw(columns.join(', '))}`;
}

/** Level by level, as TypeORM's subscribers expect it, and then for certain. */
async function rollBack(connection: SqliteConnection, runner: QueryRunner): Promise<void> {
  await rollBackWhole(runner).catch(driverError);
  rollBackForgotten(connection, runner);
}

/** TypeORM fails to roll back what SQLite has rolled back already, and believes in it from then on. */
function rollBackForgotten(connection: SqliteConnection, runner: QueryRunner): void {
  if (connection.inTransaction) connection.all('ROLLBACK');
  forgetTransaction(runner);
}
