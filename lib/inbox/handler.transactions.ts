import type { EntityManager } from 'typeorm';
import {
  sql,
  type HandlerTurn,
  type Row,
  type RowMark,
  type RowTransactions,
  type Sql,
  type Unit,
} from '../database/index.js';
import type { Lease } from './claimed.row.js';
import type { InboxDatabase } from './inbox.database.js';
import { completedOf, idOf } from './inbox.rows.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import { ended, held, tokenBytes } from './row.lease.js';
import type {
  TransactionalOutcome,
  TransactionalOptions,
  TransactionalPart,
} from './work.store.js';

const unbounded = (): HandlerTurn => ({
  signal: new AbortController().signal,
  connecting: (connect) => connect(),
});

/** A part with its row, which is locked. */
interface Taken {
  readonly part: TransactionalPart;
  readonly row: Row;
  readonly completed: readonly string[];
}

/** In the order of the parts. */
function takenOf(parts: readonly TransactionalPart[], rows: readonly Row[]): readonly Taken[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  return parts.flatMap((part) => {
    const row = byId.get(part.lease.id);
    return row ? [{ part, row, completed: completedOf(row) }] : [];
  });
}

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
    { turn, ends }: TransactionalOptions = {},
  ): Promise<TransactionalOutcome> {
    const parts = [{ lease, work, ends }];
    const [outcome = 'lease-lost'] = await this.runTogether(handler, leaseMs, parts, turn);
    return outcome;
  }

  /** The same for several events. */
  async runTogether(
    handler: string,
    leaseMs: number,
    parts: readonly TransactionalPart[],
    turn = unbounded(),
  ): Promise<readonly TransactionalOutcome[]> {
    const { dialect, tables } = this.inbox;
    const outcomes = new Map<string, TransactionalOutcome>();
    let taken: readonly Taken[] = [];
    const outcome = await this.transactions.run({
      handler,
      table: tables.inbox,
      where: held(
        dialect,
        parts.map(({ lease }) => lease),
      ),
      columns: ['completed_handlers', 'id', 'order_hash'],
      turn,
      work: (rows) => {
        const found = takenOf(parts, rows);
        taken = found.filter(({ completed }) => !completed.includes(handler));
        for (const { part } of found) outcomes.set(part.lease.id, 'already');
        if (taken.length === 0) return undefined;
        const run = async (manager: EntityManager): Promise<void> => {
          for (const { part } of taken) await part.work(manager);
        };
        return { run, marks: () => this.marks(handler, leaseMs, taken, outcomes) };
      },
    });
    if (outcome === 'stuck') return parts.map(() => 'stuck');
    const ended = taken.filter(({ part }) => outcomes.get(part.lease.id) === 'ended');
    await this.orderKeys.promoteOrLeave(keysOf(ended.map(({ row }) => row)));
    return parts.map(({ lease }) => outcomes.get(lease.id) ?? 'lease-lost');
  }

  /** One for all rows that come to the same. */
  private marks(
    handler: string,
    leaseMs: number,
    taken: readonly Taken[],
    outcomes: Map<string, TransactionalOutcome>,
  ): readonly RowMark[] {
    const { dialect } = this.inbox;
    const groups = new Map<string, { readonly set: Sql; readonly leases: Lease[] }>();
    for (const { part, completed } of taken) {
      const all = part.ends?.();
      outcomes.set(part.lease.id, all ? 'ended' : 'committed');
      const names = namesJson([...completed, handler, ...(all ?? [])]);
      const key = `${all ? 'ended' : 'goes on'} ${names}`;
      const group = groups.get(key);
      if (group) group.leases.push(part.lease);
      else {
        const set = this.mark(names, all ? 'done' : leaseMs);
        groups.set(key, { set, leases: [part.lease] });
      }
    }
    return [...groups.values()].map(({ set, leases }) => ({
      set,
      where: held(dialect, leases),
      count: leases.length,
    }));
  }

  /** With a fresh lease, so that a long handler's event does not look abandoned after its commit. */
  private mark(completedHandlers: string, next: 'done' | number): Sql {
    const { dialect, release } = this.inbox;
    const completed = sql`completed_handlers = ${dialect.text(completedHandlers)}`;
    return next === 'done'
      ? sql`${ended(dialect, 'done')}, ${completed}, reason = NULL, last_error = NULL, fingerprint = NULL,
          app_release = ${release === null ? null : dialect.text(release)}`
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
