import { raw, sql, type Sql, type Unit } from '../database/index.js';
import { idOf } from './inbox.rows.js';
import type { RetentionPeriods } from './stored.event.js';
import type { InboxDatabase } from './inbox.database.js';

const DAY_MS = 86_400_000;
const OPERATIONS_KEPT_MS = 30 * DAY_MS;
/** A year, and the month in which one looks back at it. */
const AUDIT_KEPT_MS = 400 * DAY_MS;

type FinalState = 'done' | 'ignored' | 'dead';

/** What happens to rows that are final: they lose their payload, and go. */
export class Retention {
  constructor(private readonly inbox: InboxDatabase) {}

  async prune(periods: RetentionPeriods, batch: number): Promise<number> {
    const steps: (() => Unit<number>)[] = [];
    for (const state of ['done', 'ignored'] as const) {
      // Rows first: a row that goes altogether need not lose its payload before.
      steps.push(() => this.deleteUnit(state, 1, periods.row, batch));
      steps.push(() => this.deleteUnit(state, 0, periods.row, batch));
      steps.push(() => this.forgetUnit(state, periods.payload, batch));
    }
    steps.push(() => this.forgetOperationUnit());
    steps.push(() => this.forgetAuditUnit(batch));
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

  /** One that has ended long ago, with its set. The audit keeps what it was. */
  private *forgetOperationUnit(): Unit<number> {
    const { dialect, tables } = this.inbox;
    const [old] = yield sql`SELECT id FROM ${tables.operation}
      WHERE ended_at < ${dialect.now} - ${dialect.number(OPERATIONS_KEPT_MS)} LIMIT 1`;
    if (!old) return 0;
    yield sql`DELETE FROM ${tables.operationItem} WHERE operation_id = ${String(old['id'])}`;
    yield sql`DELETE FROM ${tables.operation} WHERE id = ${String(old['id'])}`;
    return 1;
  }

  /** The oldest have the lowest ids, so that no more are looked at than go. */
  private *forgetAuditUnit(batch: number): Unit<number> {
    const { dialect, tables } = this.inbox;
    const oldest = yield sql`SELECT id, CASE
        WHEN done_at < ${dialect.now} - ${dialect.number(AUDIT_KEPT_MS)} THEN 1 ELSE 0 END AS is_over
      FROM ${tables.audit} ORDER BY id LIMIT ${batch}`;
    const ids = oldest.filter((row) => Number(row['is_over']) === 1).map(idOf);
    if (ids.length === 0) return 0;
    yield sql`DELETE FROM ${tables.audit} WHERE ${dialect.oneOf('id', ids)}`;
    return ids.length;
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
    for (const beside of [tables.attempt, tables.note, tables.redelivery]) {
      yield sql`DELETE FROM ${beside} WHERE ${dialect.oneOf('inbox_id', ids)}`;
    }
    yield sql`DELETE FROM ${tables.inbox} WHERE ${dialect.oneOf('id', ids)}`;
    return rows.length;
  }
}
