import type { EntityManager } from 'typeorm';
import { type Unit, sql, type Sql, type SqliteTransactions } from '../database/index.js';
import { completedOf } from './inbox.rows.js';
import type { Lease } from './claimed.row.js';
import type { HandlerTurn, TransactionalOutcome } from './work.store.js';
import type { InboxDatabase } from './inbox.database.js';

export type TransactionalWork = (manager: EntityManager) => Promise<void>;

/** Where the transaction of a transactional handler runs, and how it takes hold of the row. */
export interface HandlerTransactions {
  run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
    turn?: HandlerTurn,
  ): Promise<TransactionalOutcome>;
}

export const fence = ({ id, token }: Lease): Sql =>
  sql`id = ${BigInt(id)} AND lease = ${Buffer.from(token, 'hex')}`;

export const withCompleted = (handled: readonly string[], handler: string): string =>
  JSON.stringify([...handled, handler]);

/** The completed handler and a fresh lease, so that a long handler's event does not look abandoned after its commit. */
export function completedStatement(
  parts: InboxDatabase,
  lease: Lease,
  completed: string,
  leaseMs: number,
): Sql {
  const { dialect, tables } = parts;
  return sql`UPDATE ${tables.inbox} SET completed_handlers = ${dialect.text(completed)},
    lease_until = ${dialect.now} + ${dialect.number(leaseMs)} WHERE ${fence(lease)}`;
}

/** @returns false when the lease has gone */
export async function markCompleted(
  parts: InboxDatabase,
  lease: Lease,
  handler: string,
): Promise<boolean> {
  const { database, dialect, tables } = parts;
  return database.transaction(function* (): Unit<boolean> {
    const [row] =
      yield sql`SELECT completed_handlers FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.forUpdate}`;
    if (!row) return false;
    const handled = completedOf(row);
    if (!handled.includes(handler)) {
      yield sql`UPDATE ${tables.inbox} SET completed_handlers = ${withCompleted(handled, handler)} WHERE ${fence(lease)}`;
    }
    return true;
  });
}

/** SQLite: see `SqliteTransactions`. The first statement is a write, since one that reads first may fail for it. */
export class SqliteHandlerTransactions implements HandlerTransactions {
  constructor(
    private readonly transactions: SqliteTransactions,
    private readonly parts: InboxDatabase,
  ) {}

  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
  ): Promise<TransactionalOutcome> {
    let outcome: TransactionalOutcome = 'committed';
    const first = sql`UPDATE ${this.parts.tables.inbox} SET lease = lease WHERE ${fence(lease)} RETURNING completed_handlers`;
    const held = await this.transactions.run(handler, first, async (manager, row) => {
      const handled = completedOf(row);
      if (handled.includes(handler)) {
        outcome = 'already';
        return undefined;
      }
      await work(manager);
      return completedStatement(this.parts, lease, withCompleted(handled, handler), leaseMs);
    });
    return held ? outcome : 'lease-lost';
  }
}
