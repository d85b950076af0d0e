import { only, select, sql } from '../database/index.js';
import { isId } from './event.queries.js';
import type { InboxDatabase } from './inbox.database.js';
import type { Redeliveries } from './stored.event.js';
import { redeliveryTable } from './table.definitions.js';

/** How often webhooks brought an event again, and when at last. */
export interface RedeliveryCount {
  /** Of the event's row. */
  readonly id: string;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}

const chosen = select(redeliveryTable, 'many', 'last_at');

/** Beside the inbox, since a duplicate must not wait for the row of an event that runs. */
export class RedeliveryStore {
  constructor(private readonly inbox: InboxDatabase) {}

  /** Adds to what is there, in one statement. @param counts at most 5,000, each of another event */
  async add(counts: readonly RedeliveryCount[]): Promise<void> {
    if (counts.length === 0) return;
    const { database, dialect, tables } = this.inbox;
    // Replicas that lock the same rows in the same order wait for each other, and no more.
    const rows = counts
      .map(({ id, count, lastAt }) => ({ inbox_id: BigInt(id), many: count, last_at: lastAt }))
      .sort((a, b) => (a.inbox_id < b.inbox_id ? -1 : 1));
    await database.statement(() =>
      dialect.upsert({
        table: tables.redelivery,
        key: 'inbox_id',
        rows,
        changes: ({ kept, given }) => ({
          many: sql`${kept('many')} + ${given('many')}`,
          last_at: given('last_at'),
        }),
      }),
    );
  }

  /** @param id of the event's row */
  async of(id: string): Promise<Redeliveries> {
    const { database, tables } = this.inbox;
    if (!isId(id)) return NONE;
    const [row] = await database.read(() =>
      only(sql`SELECT ${chosen.list} FROM ${tables.redelivery} WHERE inbox_id = ${BigInt(id)}`),
    );
    if (!row) return NONE;
    const { many: count, last_at: lastAt } = chosen.read(row);
    return { count, lastAt };
  }
}

const NONE: Redeliveries = { count: 0, lastAt: null };
