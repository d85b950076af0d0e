import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import {
  only,
  driverError,
  HandlerSession,
  type HandlerServer,
  nestedLeftOpen,
  noConnection,
  transactionEnded,
  poolSizeOf,
  raw,
  sql,
  transactionDepth,
  untilAborted,
} from '../database/index.js';
import { fence, completedStatement, withCompleted } from './completed.handlers.js';
import type { HandlerTransactions, TransactionalWork } from './completed.handlers.js';
import { completedOf } from './inbox.rows.js';
import type { Lease } from './claimed.row.js';
import type { HandlerTurn, TransactionalOutcome } from './work.store.js';
import type { InboxDatabase } from './inbox.database.js';

/** Milliseconds before each look. */
const LOCK_CHECKS = [0, 100, 400, 1_500];
const LOCK_CHECK_TIMEOUT = 1_000;

interface Run {
  readonly lease: Lease;
  readonly handler: string;
  readonly leaseMs: number;
  readonly work: TransactionalWork;
  readonly turn: HandlerTurn;
}

const unbounded = (): HandlerTurn => ({
  signal: new AbortController().signal,
  connecting: (connect) => connect(),
});

/** PostgreSQL and MySQL/MariaDB: on the application's own DataSource, the row locked from first to last. */
export class ServerHandlerTransactions implements HandlerTransactions {
  constructor(
    private readonly application: DataSource,
    private readonly parts: InboxDatabase,
    private readonly server: HandlerServer,
  ) {}

  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
    turn = unbounded(),
  ): Promise<TransactionalOutcome> {
    const session = await this.connect(handler, turn);
    try {
      const run = { lease, handler, leaseMs, work, turn };
      return await untilAborted(this.carryOut(session, run), turn.signal);
    } catch (error) {
      if (!(await session.rollBack()) && (await this.isLocked(lease))) return 'stuck';
      throw error;
    } finally {
      await session.release();
    }
  }

  private async connect(handler: string, { signal, connecting }: HandlerTurn) {
    const runner = this.application.createQueryRunner('master');
    const connected = runner.connect();
    try {
      const connection: unknown = await connecting(() => untilAborted(connected, signal));
      return new HandlerSession(runner, connection, this.server, this.parts.database);
    } catch (error) {
      // One that comes late is sound, and goes back as it came.
      connected.then(() => runner.release()).catch(driverError);
      throw signal.aborted ? noConnection(handler, poolSizeOf(this.application)) : error;
    }
  }

  private async carryOut(session: HandlerSession, run: Run): Promise<TransactionalOutcome> {
    const { lease, handler, leaseMs, turn } = run;
    const { dialect, tables } = this.parts;
    const { runner } = session;
    turn.signal.throwIfAborted();
    await runner.startTransaction();
    const [row] = (
      await session.query(sql`SELECT completed_handlers, ${this.server.columns} FROM ${tables.inbox}
        WHERE ${fence(lease)}${dialect.forUpdate}`)
    ).rows;
    const handled = row && completedOf(row);
    if (!handled || handled.includes(handler)) {
      await runner.rollbackTransaction();
      return handled ? 'already' : 'lease-lost';
    }
    session.identify(row);
    await this.guarded(session, run);
    turn.signal.throwIfAborted();
    const { affected } = await session.query(
      sql`${completedStatement(this.parts, lease, withCompleted(handled, handler), leaseMs)}
        AND ${this.server.inTransaction(row['transaction_id'])}`,
    );
    if (affected === 0) throw transactionEnded(handler);
    turn.signal.throwIfAborted();
    // TypeORM would release a savepoint instead, and the transaction would go back to the pool open.
    if (transactionDepth(runner) !== 1) throw nestedLeftOpen(handler);
    await runner.commitTransaction();
    return 'committed';
  }

  /**
   * On MySQL a deadlock, or a statement such as ALTER TABLE, ends the transaction without a word; what the
   * handler writes then is committed statement by statement, and so would be the mark. The savepoint is
   * gone in that case, and its release fails.
   */
  private async guarded(session: HandlerSession, { handler, work }: Run): Promise<void> {
    const { manager } = session.runner;
    if (this.parts.dialect.family === 'postgres') return work(manager);
    await session.query(raw('SAVEPOINT armox_armalo_handler'));
    await work(manager);
    try {
      await session.query(raw('RELEASE SAVEPOINT armox_armalo_handler'));
    } catch (error) {
      const cause = driverError(error);
      throw cause.code === 'ER_SP_DOES_NOT_EXIST' ? transactionEnded(handler, cause) : error;
    }
  }

  /**
   * Whether a transaction that could not be ended still has the row, which then can be written by nobody.
   * The server needs a moment to notice that a connection is gone.
   */
  private async isLocked(lease: Lease): Promise<boolean> {
    const { database, dialect, tables } = this.parts;
    const row = sql`SELECT id FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.skipLocked}`;
    for (const wait of LOCK_CHECKS) {
      await pause(wait, undefined, { ref: false });
      const free = await database
        .transaction(() => only(row), LOCK_CHECK_TIMEOUT)
        .catch(driverError);
      if (Array.isArray(free) && free.length > 0) return false;
    }
    return true;
  }
}
