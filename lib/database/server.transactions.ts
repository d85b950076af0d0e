import type { DataSource } from 'typeorm';
import { systemTimers, untilAborted } from '../core/index.js';
import { driverError, LostStatementError } from './database.errors.js';
import { only, type Database, type Row } from './database.js';
import type { Dialect } from './dialect.js';
import { nestedLeftOpen, noConnection, transactionEnded } from './handler.transaction.errors.js';
import type { RowOutcome, RowTransaction, RowTransactions, RowWork } from './row.transactions.js';
import { serverPoolSizeOf, type Server } from './server.js';
import { ServerSession, type Change } from './server.session.js';
import { raw, sql } from './sql.js';
import { transactionDepth } from './transaction.state.js';

/** Milliseconds before each look. */
const LOCK_CHECKS = [0, 100, 400, 1_500];
const LOCK_CHECK_TIMEOUT = 1_000;

/** PostgreSQL and MySQL/MariaDB: on the application's own DataSource, the rows locked from first to last. */
export class ServerTransactions implements RowTransactions {
  constructor(
    private readonly application: DataSource,
    private readonly own: Database,
    private readonly dialect: Dialect,
    private readonly server: Server,
  ) {}

  async run(transaction: RowTransaction): Promise<RowOutcome> {
    try {
      return await this.attempt(transaction);
    } catch (error) {
      // All of it is rolled back; from now on none is prepared there.
      if (error instanceof LostStatementError) return this.attempt(transaction);
      throw error;
    }
  }

  private async attempt(transaction: RowTransaction): Promise<RowOutcome> {
    const session = await this.connect(transaction);
    try {
      return await untilAborted(this.carryOut(session, transaction), transaction.turn.signal);
    } catch (error) {
      if (!(await session.rollBack()) && (await this.isLocked(transaction))) return 'stuck';
      throw error;
    } finally {
      await session.release();
    }
  }

  private async connect({ handler, turn }: RowTransaction): Promise<ServerSession> {
    const { signal, connecting } = turn;
    const runner = this.application.createQueryRunner('master');
    const connected = runner.connect();
    try {
      const connection: unknown = await connecting(() => untilAborted(connected, signal));
      return new ServerSession(runner, connection, this.server, this.own);
    } catch (error) {
      // One that comes late is sound, and goes back as it came.
      connected.then(() => runner.release()).catch(driverError);
      throw signal.aborted ? noConnection(handler, serverPoolSizeOf(this.application)) : error;
    }
  }

  private async carryOut(session: ServerSession, transaction: RowTransaction): Promise<RowOutcome> {
    const { signal } = transaction.turn;
    const { runner } = session;
    signal.throwIfAborted();
    const rows = await this.lockRows(session, transaction);
    const [row] = rows;
    const work = row && transaction.work(rows);
    if (!work) {
      await runner.rollbackTransaction();
      return row ? 'declined' : 'absent';
    }
    session.identify(row);
    const run = (): Promise<void> => work.run(runner.manager);
    await this.server.sessions.guarded(session.query, transaction.handler, run);
    const marks = this.marksOf(transaction, work, row);
    signal.throwIfAborted();
    // TypeORM would release a savepoint instead, and the transaction would go back to the pool open.
    if (transactionDepth(runner) !== 1) throw nestedLeftOpen(transaction.handler);
    if (!(await session.commit(marks))) throw transactionEnded(transaction.handler);
    return 'committed';
  }

  private async lockRows(
    session: ServerSession,
    { table, columns, where }: RowTransaction,
  ): Promise<readonly Row[]> {
    const asked = sql`${raw(columns.join(', '))}, ${this.server.sessions.columns}`;
    return session.begin(
      sql`SELECT ${asked} FROM ${table} WHERE ${where}${this.dialect.forUpdate}`,
    );
  }

  private marksOf({ table }: RowTransaction, work: RowWork, row: Row): readonly Change[] {
    const still = this.server.sessions.inTransaction(row['transaction_id']);
    return work.marks().map(({ set, where, count }) => ({
      statement: sql`UPDATE ${table} SET ${set} WHERE ${where} AND ${still}`,
      count,
    }));
  }

  /**
   * Whether a transaction that could not be ended still has the row, which then can be written by nobody.
   * The server needs a moment to notice that a connection is gone.
   */
  private async isLocked({ table, where }: RowTransaction): Promise<boolean> {
    const row = sql`SELECT id FROM ${table} WHERE ${where}${this.dialect.skipLocked}`;
    for (const wait of LOCK_CHECKS) {
      await systemTimers.sleep(wait);
      const free = await this.own
        .transaction(() => only(row), LOCK_CHECK_TIMEOUT)
        .catch(driverError);
      if (Array.isArray(free) && free.length > 0) return false;
    }
    return true;
  }
}
