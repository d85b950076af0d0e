import { type Unit, empty, raw, sql, type Sql } from '../database/index.js';
import { matching } from './event.queries.js';
import { idOf } from './inbox.rows.js';
import type { EventFilter, RetentionPeriods } from './stored.event.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import type { InboxDatabase } from './inbox.database.js';

const REPLAYED_AT_ONCE = 500;

type FinalState = 'done' | 'ignored' | 'dead';

/** What happens to rows that are final: they are run again, lose their payload, and go. */
export class Retention {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
  ) {}

  /** Rows whose payload is gone cannot be replayed, and are passed over. */
  async replay(filter: EventFilter, rerunAll: boolean): Promise<number> {
    const { dialect, tables } = this.inbox;
    let replayed = 0;
    // By id, so that a row which finishes again meanwhile is not replayed twice.
    for (let last = '0'; ;) {
      const after = BigInt(last);
      const rows = await this.inbox.database.oneChange(() =>
        dialect.change({
          table: tables.inbox,
          set: sql`state = CASE WHEN order_hash IS NULL THEN 'open' ELSE 'waiting' END,
            due_at = ${dialect.now}, finished_at = NULL, reason = NULL, last_error = NULL,
            attempts = 0, stalled_count = 0${rerunAll ? raw(", completed_handlers = '[]'") : empty}`,
          where: sql`id > ${after} AND state IN ('done', 'ignored', 'dead') AND body_gone = 0 AND ${matching(filter)}`,
          orderBy: raw('id'),
          limit: REPLAYED_AT_ONCE,
          returning: ['id', 'order_hash'],
        }),
      );
      const keys = keysOf(rows);
      if (keys.length > 0) await this.orderKeys.promote(keys);
      replayed += rows.length;
      if (rows.length < REPLAYED_AT_ONCE) return replayed;
      last = rows.map(idOf).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
    }
  }

  async prune(periods: RetentionPeriods, batch: number): Promise<number> {
    const steps: (() => Unit<number>)[] = [];
    for (const state of ['done', 'ignored'] as const) {
      // Rows first: a row that goes altogether need not lose its payload before.
      steps.push(() => this.deleteUnit(state, 1, periods.row, batch));
      steps.push(() => this.deleteUnit(state, 0, periods.row, batch));
      steps.push(() => this.forgetUnit(state, periods.payload, batch));
    }
    const { dead } = periods;
    if (dead !== null) steps.push(() => this.deleteUnit('dead', 0, dead, batch));
    for (const step of steps) {
      const changed = await this.inbox.database.transaction(step);
      if (changed > 0) return changed;
    }
    return 0;
  }

  /** Final rows have the time they finished at in `due_at` too, which is what the index is ordered by. */
  private older(state: FinalState, bodyGone: 0 | 1, period: number): Sql {
    const { dialect } = this.inbox;
    return sql`state = ${raw(`'${state}'`)} AND body_gone = ${raw(String(bodyGone))}
      AND finished_at IS NOT NULL AND due_at < ${dialect.now} - ${dialect.number(period)}`;
  }

  private *forgetUnit(state: FinalState, period: number, batch: number): Unit<number> {
    const { dialect, tables } = this.inbox;
    const rows = yield* dialect.change({
      table: tables.inbox,
      set: raw('body = NULL, body_gone = 1'),
      where: this.older(state, 0, period),
      orderBy: raw('due_at'),
      limit: batch,
      skipLocked: true,
      returning: ['id'],
    });
    return rows.length;
  }

  private *deleteUnit(
    state: FinalState,
    bodyGone: 0 | 1,
    period: number,
    batch: number,
  ): Unit<number> {
    const { dialect, tables } = this.inbox;
    const rows =
      yield sql`SELECT id FROM ${tables.inbox} WHERE ${this.older(state, bodyGone, period)}
      ORDER BY due_at LIMIT ${batch}${dialect.skipLocked}`;
    if (rows.length === 0) return 0;
    const ids = rows.map(idOf);
    yield sql`DELETE FROM ${tables.attempt} WHERE ${dialect.oneOf('inbox_id', ids)}`;
    yield sql`DELETE FROM ${tables.inbox} WHERE ${dialect.oneOf('id', ids)}`;
    return rows.length;
  }
}
