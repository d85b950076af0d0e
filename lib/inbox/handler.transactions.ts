import type { EntityManager } from 'typeorm';
import {
  sql,
  type HandlerTurn,
  type Row,
  type RowOutcome,
  type RowTransactions,
  type Sql,
  type Unit,
} from '../database/index.js';
import type { Lease } from './claimed.row.js';
import type { InboxDatabase } from './inbox.database.js';
import { completedOf } from './inbox.rows.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import { ended, tokenBytes } from './row.lease.js';
import type { TransactionalOutcome, TransactionalOptions } from './work.store.js';

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
    private readonly orderKeys: OrderKeys,
    private readonly transactions: RowTransactions,
  ) {}

  /** In one transaction with the writes of `work`. */
  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    { turn = unbounded(), ends = async () => undefined }: TransactionalOptions = {},
  ): Promise<TransactionalOutcome> {
    let all: readonly string[] | undefined;
    let held: Row = {};
    const outcome = await this.transactions.run({
      handler,
      table: this.inbox.tables.inbox,
      where: fence(lease),
      columns: ['completed_handlers', 'order_hash'],
      turn,
      work: (row) => {
        held = row;
        const completed = completedOf(row);
        if (completed.includes(handler)) return undefined;
        const mark = async (): Promise<Sql> => {
          all = await ends();
          const completedNow = namesJson([...completed, handler, ...(all ?? [])]);
          return this.mark(completedNow, all ? 'done' : leaseMs);
        };
        return { run: work, mark };
      },
    });
    if (outcome !== 'committed' || !all) return OUTCOMES[outcome];
    await this.orderKeys.promoteOrLeave(keysOf([held]));
    return 'ended';
  }

  /** With a fresh lease, so that a long handler's event does not look abandoned after its commit. */
  private mark(completedHandlers: string, next: 'done' | number): Sql {
    const { dialect } = this.inbox;
    const completed = sql`completed_handlers = ${dialect.text(completedHandlers)}`;
    return next === 'done'
      ? sql`${ended(dialect, 'done')}, ${completed}, reason = NULL, last_error = NULL`
      : sql`${completed}, lease_until = ${dialect.now} + ${dialect.number(next)}`;
  }

  /** For a handler without a transaction. @returns false when the lease has gone */
  markCompleted(lease: Lease, handler: string): Promise<boolean> {
    const { database, dialect, tables } = this.inbox;
    return database.transaction(function* (): Unit<boolean> {
      const [row] =
        yield sql`SELECT completed_handlers FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.forUpdate}`;
      if (!row) return false;
      const completed = completedOf(row);
      if (!completed.includes(handler)) {
        yield sql`UPDATE ${tables.inbox} SET completed_handlers = ${namesJson([...completed, handler])} WHERE ${fence(lease)}`;
      }
      return true;
    });
  }
}

const fence = ({ id, token }: Lease): Sql =>
  sql`id = ${BigInt(id)} AND lease = ${tokenBytes(token)}`;

const namesJson = (names: readonly string[]): string => JSON.stringify([...new Set(names)]);
