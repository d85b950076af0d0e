import { only, select, sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import { minuteTable } from './minute.table.js';

/** How often something happened to a source's events in one minute. */
export interface MinuteCount {
  /** When the minute began, in epoch milliseconds. */
  readonly minute: number;
  readonly source: string;
  /** What happened: at most 16 characters. */
  readonly series: string;
  readonly count: number;
}

const chosen = select(minuteTable, 'minute', 'source', 'series', 'many');

/** What happened in each minute, in all replicas together. */
export class MinuteStore {
  constructor(private readonly inbox: InboxDatabase) {}

  /** Adds to what is there, in one statement. @param counts at most 5,000, each of another row */
  async add(counts: readonly MinuteCount[]): Promise<void> {
    if (counts.length === 0) return;
    const { database, dialect, tables } = this.inbox;
    // Replicas that lock the same rows in the same order wait for each other, and no more.
    const rows = [...counts]
      .sort(byKey)
      .map(({ minute, source, series, count }) => ({ minute, source, series, many: count }));
    await database.statement(() =>
      dialect.upsert({
        table: tables.minute,
        key: 'minute, source, series',
        rows,
        changes: ({ kept, given }) => ({ many: sql`${kept('many')} + ${given('many')}` }),
      }),
    );
  }

  /** Of all minutes that began at this time or later, oldest first. */
  async since(time: number): Promise<readonly MinuteCount[]> {
    const { database, dialect, tables } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT ${chosen.list} FROM ${tables.minute}
        WHERE minute >= ${dialect.number(Math.round(time))} ORDER BY minute, source, series`),
    );
    return rows.map((row): MinuteCount => {
      const { many: count, ...key } = chosen.read(row);
      return { ...key, count };
    });
  }

  /** Forgets the minutes that began before this time. */
  async forgetBefore(time: number): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    await database.statement(() =>
      only(sql`DELETE FROM ${tables.minute} WHERE minute < ${dialect.number(Math.round(time))}`),
    );
  }

  /** The database's time, in epoch milliseconds. */
  async now(): Promise<number> {
    const { database, dialect } = this.inbox;
    const [row] = await database.read(() => only(sql`SELECT ${dialect.now} AS now`));
    return Number(row?.['now']);
  }
}

function byKey(a: MinuteCount, b: MinuteCount): number {
  if (a.minute !== b.minute) return a.minute - b.minute;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.series < b.series ? -1 : 1;
}
