import { empty, raw, sql, type Dialect, type Row, type Sql, type Unit } from '../database/index.js';
import type { AuditStore } from './audit.store.js';
import { matching } from './event.queries.js';
import { filterText } from './filter.text.js';
import type { InboxDatabase } from './inbox.database.js';
import { idOf } from './inbox.rows.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import type { EventFilter } from './stored.event.js';

const CHANGED_AT_ONCE = 500;

/** Which rows an action is about, and what becomes of them. */
export interface RowChange {
  readonly which: Sql;
  readonly set: Sql;
}

/** Finished rows are pending again. Those whose payload is gone cannot be run, and are passed over. */
export function replayOf({ now }: Dialect, rerunAll: boolean): RowChange {
  return {
    which: raw("state IN ('done', 'ignored', 'dead') AND body_gone = 0"),
    set: sql`state = CASE WHEN order_hash IS NULL THEN 'open' ELSE 'waiting' END,
      due_at = ${now}, finished_at = NULL, reason = NULL, last_error = NULL, fingerprint = NULL,
      attempts = 0, stalled_count = 0${rerunAll ? raw(", completed_handlers = '[]'") : empty}`,
  };
}

/** Rows are given up. The lease goes too: whoever stood still with one must not settle the row any more. */
export function discardOf({ now }: Dialect): RowChange {
  return {
    which: sql`(state = 'dead' OR (state IN ('open', 'waiting') AND (lease_until IS NULL OR lease_until <= ${now})))`,
    set: sql`state = 'ignored', reason = 'discarded', due_at = ${now}, finished_at = ${now},
      lease = NULL, lease_until = NULL`,
  };
}

/** Rows that wait for their next attempt have it now. */
function retryOf({ now }: Dialect): RowChange {
  return {
    which: sql`state = 'open' AND due_at > ${now} AND (lease_until IS NULL OR lease_until <= ${now})`,
    set: sql`due_at = ${now}`,
  };
}

/** What an operator does to rows at once. */
export class OperatorChanges {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
    private readonly audit: AuditStore,
  ) {}

  replay(filter: EventFilter, rerunAll: boolean, by?: string): Promise<number> {
    return this.change('replay', filter, replayOf(this.inbox.dialect, rerunAll), by);
  }

  discard(filter: EventFilter, by?: string): Promise<number> {
    return this.change('discard', filter, discardOf(this.inbox.dialect), by);
  }

  retryNow(filter: EventFilter, by?: string): Promise<number> {
    return this.change('retry', filter, retryOf(this.inbox.dialect), by);
  }

  /** By id, so that a row which comes back meanwhile is not changed twice. */
  private async change(
    action: string,
    filter: EventFilter,
    { which, set }: RowChange,
    by: string | undefined,
  ): Promise<number> {
    const { database, dialect, tables } = this.inbox;
    let changed = 0;
    for (let last = '0'; ;) {
      const after = BigInt(last);
      const change = () =>
        dialect.change({
          table: tables.inbox,
          set,
          where: sql`id > ${after} AND ${which} AND ${matching(filter, this.inbox)}`,
          orderBy: raw('id'),
          limit: CHANGED_AT_ONCE,
          returning: ['id', 'order_hash', 'source', 'name'],
        });
      const rows =
        by === undefined
          ? await database.oneChange(change)
          : await database.transaction(() => this.audited(change(), { by, action, filter }));
      const keys = keysOf(rows);
      if (keys.length > 0) await this.orderKeys.promote(keys);
      changed += rows.length;
      if (rows.length < CHANGED_AT_ONCE) return changed;
      last = rows.map(idOf).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
    }
  }

  /** Nothing is done without a trace of who has done it. */
  private *audited(
    change: Unit<readonly Row[]>,
    { by, action, filter }: { by: string; action: string; filter: EventFilter },
  ): Unit<readonly Row[]> {
    const rows = yield* change;
    const [row, another] = rows;
    if (!row) return rows;
    const about = another
      ? filterText(filter)
      : `Event ${idOf(row)} of ${String(row['source'])}: ${String(row['name'])}`;
    yield this.audit.recording({ by, action, about, events: rows.length });
    return rows;
  }
}
