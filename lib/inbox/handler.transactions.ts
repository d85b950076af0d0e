import type { EntityManager } from 'typeorm';
import type { HandlerTurn, RowOutcome, RowTransactions } from '../database/index.js';
import { sql, type Sql, type Unit } from '../database/index.js';
import type { Lease } from './claimed.row.js';
import type { InboxDatabase } from './inbox.database.js';
import { completedOf } from './inbox.rows.js';
import { tokenBytes } from './row.lease.js';
import type { TransactionalOutcome } from './work.store.js';

const unbounded = (): HandlerTurn => ({
  signal: new AbortController().signal,
  connecting: (connect) => connect(),
});

const OUTCOMES: Readonly<Record<RowOutcome, TransactionalOutcome>> = {
  committed: 'committed',
  declined: 'already',
  absent: 'lease-lost',
  stuck: 'stuck',
};

/** Which handlers have completed an event, written with what they have done or beside it. */
export class HandlerTransactions {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly transactions: RowTransactions,
  ) {}

  /** In one transaction with the writes of `work`. */
  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    turn = unbounded(),
  ): Promise<TransactionalOutcome> {
    const { dialect, tables } = this.inbox;
    const outcome = await this.transactions.run({
      handler,
      table: tables.inbox,
      where: fence(lease),
      columns: ['completed_handlers'],
      turn,
      work: (row) => {
        const completed = completedOf(row);
        if (completed.includes(handler)) return undefined;
        // With a fresh lease, so that a long handler's event does not look abandoned after its commit.
        const mark =
          (): Sql => sql`completed_handlers = ${dialect.text(withOne(completed, handler))},
          lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`;
        return { run: work, mark };
      },
    });
    return OUTCOMES[outcome];
  }

  /** For a handler without a transaction. @returns false when the lease has gone */
  mark(lease: Lease, handler: string): Promise<boolean> {
    const { database, dialect, tables } = this.inbox;
    return database.transaction(function* (): Unit<boolean> {
      const [row] =
        yield sql`SELECT completed_handlers FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.forUpdate}`;
      if (!row) return false;
      const completed = completedOf(row);
      if (!completed.includes(handler)) {
        yield sql`UPDATE ${tables.inbox} SET completed_handlers = ${withOne(completed, handler)} WHERE ${fence(lease)}`;
      }
      return true;
    });
  }
}

const fence = ({ id, token }: Lease): Sql =>
  sql`id = ${BigInt(id)} AND lease = ${tokenBytes(token)}`;

const withOne = (completed: readonly string[], handler: string): string =>
  JSON.stringify([...completed, handler]);
