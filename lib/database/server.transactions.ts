import type { DataSource } from 'typeorm';
import { systemTimers, untilAborted, type Abortable } from '../core/index.js';
import { driverError, LostStatementError } from './database.errors.js';
import { only, type Database, type Row } from './database.js';
import type { Dialect } from './dialect.js';
import type { DryRun } from './dry-run.js';
import { nestedLeftOpen, transactionEnded } from './handler.transaction.errors.js';
import type { HandlerTurn } from './handler.turn.js';
import type { RowOutcome, RowTransaction, RowTransactions, RowWork } from './row.transactions.js';
import type { Server } from './server.js';
import { connectedSession } from './server.connection.js';
import { dryRunOnServer } from './server.dry-run.js';
import { hasLostRows, ServerSession, type Change } from './server.session.js';
import { raw, sql, type Sql } from './sql.js';
import { transactionDepth } from './transaction.state.js';

/** Milliseconds before each look. */
const LOCK_CHECKS = [0, 100, 400, 1_500];
const LOCK_CHECK_TIMEOUT = 1_000;

/** A transaction whose work is done, and that is still to be ended. */
interface Ending {
  readonly session: ServerSession;
  readonly changes: readonly Change[];
  readonly signal: Abortable;
  /** `taken-over`: it is committed, and the session has gone to the next one. False as by `commit`. */
  readonly resolve: (committed: boolean | 'taken-over') => void;
  readonly reject: (error: unknown) => void;
}

/** PostgreSQL and MySQL/MariaDB: on the application's own DataSource, the rows locked from first to last. */
export class ServerTransactions implements RowTransactions {
  /** Those that the next one may end in its own first trip, for this turn of the event loop. */
  private readonly endings = new Set<Ending>();

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

  dryRun(run: DryRun): Promise<void> {
    return dryRunOnServer(run, this.server, () => this.connect(run));
  }

  private connect(work: Pick<RowTransaction, 'handler' | 'turn'>): Promise<ServerSession> {
    return connectedSession(work, this.application, this.own, this.server);
  }

  private async attempt(transaction: RowTransaction): Promise<RowOutcome> {
    const taken = await this.takeOver(transaction);
    const session = taken?.session ?? (await this.connect(transaction));
    const { handler, turn } = transaction;
    let ours = true;
    try {
      const done = await untilAborted(
        this.carryOut(session, transaction, taken?.rows),
        turn.signal,
      );
      if (done === 'declined' || done === 'absent') return done;
      const committed = await this.end(session, done, turn);
      if (!committed) throw transactionEnded(handler);
      ours = committed !== 'taken-over';
      return 'committed';
    } catch (error) {
      if (!(await session.rollBack()) && (await this.isLocked(transaction))) return 'stuck';
      throw error;
    } finally {
      if (ours) await session.release();
    }
  }

  /**
   * The session of a transaction that is to be ended, with that done and the rows locked; undefined where there is
   * none, or it could not be: then that one sees to its session itself.
   */
  private async takeOver(
    transaction: RowTransaction,
  ): Promise<{ readonly session: ServerSession; readonly rows: readonly Row[] } | undefined> {
    const [ending] = this.endings;
    if (!ending) return undefined;
    this.endings.delete(ending);
    const { session, changes } = ending;
    const { signal } = transaction.turn;
    // Neither may roll back what both are about, so the time of the first is the connection's.
    const cut = (): void => session.cut();
    ending.signal.addEventListener('abort', cut);
    const begun = session
      .commitAndBegin(changes, this.lockOf(transaction))
      .finally(() => ending.signal.removeEventListener('abort', cut));
    begun.then(
      () => ending.resolve('taken-over'),
      (error: unknown) => this.tellWhatFailed(ending, error),
    );
    try {
      return { session, rows: await untilAborted(begun, signal) };
    } catch (error) {
      if (!signal.aborted) return undefined;
      begun
        .then(() => session.rollBack())
        .then(() => session.release())
        .catch(driverError);
      throw error;
    }
  }

  /** @returns what is to be written before the commit */
  private async carryOut(
    session: ServerSession,
    transaction: RowTransaction,
    locked?: readonly Row[],
  ): Promise<readonly Change[] | 'declined' | 'absent'> {
    const { signal } = transaction.turn;
    const { runner } = session;
    signal.throwIfAborted();
    const rows = locked ?? (await session.begin(this.lockOf(transaction)));
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
    return marks;
  }

  /** @returns as `commit`; `taken-over`: it is committed, and the session is another run's */
  private async end(
    session: ServerSession,
    changes: readonly Change[],
    { signal, ending }: HandlerTurn,
  ): Promise<boolean | 'taken-over'> {
    const { runner } = session;
    // A subscriber to the commit would write into the next transaction.
    const alone = !session.beginsInATrip || runner.connection.subscribers.length > 0;
    const commit = () => untilAborted(session.commit(changes), signal);
    if (alone) return commit();
    return new Promise((resolve, reject) => {
      const waiting: Ending = { session, changes, signal, resolve, reject };
      const commitHere = (): void => {
        if (this.endings.delete(waiting)) commit().then(resolve, reject);
      };
      // First, as whoever is let in may look for it at once.
      this.endings.add(waiting);
      if (ending?.()) setImmediate(commitHere);
      else commitHere();
    });
  }

  /** The trip should have ended this transaction and begun the next; the error may be about either. */
  private async tellWhatFailed(ending: Ending, error: unknown): Promise<void> {
    const { session, resolve, reject } = ending;
    if (hasLostRows(error)) return resolve(false);
    await session.rollBack();
    if (await this.hasCommitted(session.transactionId)) resolve(true);
    else reject(error);
  }

  private async hasCommitted(transactionId: unknown): Promise<boolean> {
    const { hasCommitted } = this.server.sessions;
    if (!hasCommitted) return false;
    const asked = sql`SELECT ${hasCommitted(transactionId)} AS committed`;
    const rows = await this.own.read(() => only(asked)).catch(driverError);
    return Array.isArray(rows) && (rows as readonly Row[])[0]?.['committed'] === true;
  }

  private lockOf({ table, columns, where }: RowTransaction): Sql {
    const asked = sql`${raw(columns.join(', '))}, ${this.server.sessions.columns}`;
    return sql`SELECT ${asked} FROM ${table} WHERE ${where}${this.dialect.forUpdate}`;
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
