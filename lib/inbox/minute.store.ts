import { only, select, sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import { minuteTable } from './operation.tables.js';

export interface MinuteCount {
  /** Beginning of the minute, in epoch milliseconds. */
  readonly minute: number;
  readonly source: string;
  readonly series: string;
  readonly count: number;
}

const counted = select(minuteTable, 'began_at', 'source', 'series', 'events');

/** Counts by minute. No view has to count the events themselves. */
export class MinuteStore {
  constructor(private readonly inbox: InboxDatabase) {}

  /** Adds to what is there, in one statement; in the order of the keys, so that replicas cannot deadlock. */
  async add(counts: readonly MinuteCount[]): Promise<void> {
    if (counts.length === 0) return;
    const { database, dialect, tables } = this.inbox;
    const rows = counts
      .map(({ minute, source, series, count }) => ({
        slot: `${minute}/${source}/${series}`,
        began_at: minute,
        source,
        series,
        events: count,
      }))
      .sort((a, b) => (a.slot < b.slot ? -1 : 1));
    await database.statement(() =>
      dialect.upsert({
        table: tables.minute,
        key: 'slot',
        rows,
        changes: ({ kept, given }) => ({ events: sql`${kept('events')} + ${given('events')}` }),
      }),
    );
  }

  /** Those of this time and later. */
  async since(time: number): Promise<readonly MinuteCount[]> {
    const { database, dialect, tables } = this.inbox;
    const rows = await database.read(() =>
      only(
        sql`SELECT ${counted.list} FROM ${tables.minute} WHERE began_at >= ${dialect.number(time)}`,
      ),
    );
    return rows.map((row) => {
      const { began_at: minute, source, series, events: count } = counted.read(row);
      return { minute, source, series, count };
    });
  }

  async forgetBefore(time: number): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    await database.statement(() =>
      only(sql`DELETE FROM ${tables.minute} WHERE began_at < ${dialect.number(time)}`),
    );
  }
}
