import { only, raw, select, sql, type Row, type Sql, type Unit } from '../database/index.js';
import type { AuditStore } from './audit.store.js';
import { changeConditions } from './change.filter.js';
import { matching } from './event.queries.js';
import { filterText } from './filter.text.js';
import type { InboxDatabase } from './inbox.database.js';
import { idOf } from './inbox.rows.js';
import { operationTable } from './operation.tables.js';
import { discardOf, replayOf, type RowChange } from './operator.changes.js';
import { PENDING } from './row.lease.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import type { ChangeFilter, EventFilter } from './stored.event.js';

export type OperationAction = 'replay' | 'discard';
export type OperationPace = 'all' | 'ramp';
export type OperationState = 'running' | 'paused' | 'stopped' | 'halted' | 'done';

/** What is to be done to all events that fit now. */
export interface NewOperation {
  readonly id: string;
  readonly action: OperationAction;
  readonly filter: ChangeFilter;
  readonly pace: OperationPace;
  readonly rerunAll: boolean;
  readonly by: string;
}

/** An action on many events, and how far it is. */
export interface Operation {
  readonly id: string;
  readonly action: OperationAction;
  readonly filter: EventFilter;
  readonly pace: OperationPace;
  readonly rerunAll: boolean;
  readonly by: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `halted`: the events of a stage failed again as before. */
  readonly state: OperationState;
  /** Of a ramp: stages that have been begun. */
  readonly stage: number;
  readonly total: number;
  readonly changed: number;
  readonly passedOver: number;
  readonly note: string | null;
}

/** A change of an operation's state. */
export interface Turn {
  readonly from: readonly OperationState[];
  readonly to: OperationState;
  /** Who wants it; undefined where it comes of itself, which is not audited. */
  readonly by?: string;
  /** Why. */
  readonly note?: string;
}

/** What became of the events of a ramp's stages so far. */
export interface RampOutcome {
  /** Those that are not at their end. */
  readonly open: number;
  /** Those that have failed again with the error that they had. */
  readonly failedAgain: number;
}

interface Step {
  /** Ordering keys whose next event may go ahead. */
  readonly keys: readonly Buffer[];
  readonly taken: number;
}

const OUTCOME = { none: 0, changed: 1, passedOver: 2 } as const;
const LISTED = 100;

const chosen = select(
  operationTable,
  ...([
    'id',
    'action',
    'conditions',
    'pace',
    'rerun_all',
    'actor',
    'started_at',
    'ended_at',
  ] as const),
  ...(['state', 'stage', 'total', 'changed', 'passed_over', 'note'] as const),
);

/** Actions on many events: the set is fixed in one statement, and worked through in transactions of some. */
export class OperationStore {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
    private readonly audit: AuditStore,
  ) {}

  /** @throws InboxFilterError for a filter that does not say which events */
  async start(operation: NewOperation): Promise<Operation> {
    const filter = changeConditions(operation.filter);
    await this.inbox.database.transaction(() => this.startUnit(operation, filter));
    return (await this.find(operation.id)) as Operation;
  }

  async find(id: string): Promise<Operation | undefined> {
    const [operation] = await this.select(sql`WHERE id = ${id}`);
    return operation;
  }

  /** Newest first. */
  list(): Promise<readonly Operation[]> {
    return this.select(sql`ORDER BY started_at DESC LIMIT ${LISTED}`);
  }

  /** Those that are running, the oldest first. */
  running(): Promise<readonly Operation[]> {
    return this.select(sql`WHERE state = 'running' ORDER BY started_at LIMIT ${LISTED}`);
  }

  /** Whether so many events are due or run. */
  async hasDue(count: number): Promise<boolean> {
    const { database, dialect, tables } = this.inbox;
    const [row] = await database.read(() =>
      only(sql`SELECT COUNT(*) AS many FROM (SELECT id FROM ${tables.inbox}
        WHERE ${PENDING} AND due_at <= ${dialect.now} ORDER BY due_at, id LIMIT ${count}) due`),
    );
    return Number(row?.['many']) >= count;
  }

  /** @returns whether it was in the state `from` */
  turn(id: string, turn: Turn): Promise<boolean> {
    return this.inbox.database.transaction(() => this.turnUnit(id, turn));
  }

  /**
   * Does it to the next `limit` events of the set.
   * @returns to how many, 0 at the end of the set; undefined where it is not as it was read: it does not run any more, or
   * another process has made this step
   */
  async step(operation: Pick<Operation, 'id' | 'stage'>, limit: number) {
    const unit = (): Unit<Step | undefined> => this.stepUnit(operation, limit);
    const step = await this.inbox.database.transaction(unit);
    await this.orderKeys.promoteOrLeave(step?.keys ?? []);
    return step?.taken;
  }

  async rampOutcome(id: string): Promise<RampOutcome> {
    const { database, tables } = this.inbox;
    const [row] = await database.read(() =>
      only(sql`SELECT
        SUM(CASE WHEN r.state IN ('open', 'waiting') THEN 1 ELSE 0 END) AS still_open,
        SUM(CASE WHEN r.state <> 'done' AND r.fingerprint = i.fingerprint THEN 1 ELSE 0 END) AS failed_again
        FROM ${tables.operationItem} i JOIN ${tables.inbox} r ON r.id = i.inbox_id
        WHERE i.operation_id = ${id} AND i.outcome = ${raw(String(OUTCOME.changed))}`),
    );
    return {
      open: Number(row?.['still_open'] ?? 0),
      failedAgain: Number(row?.['failed_again'] ?? 0),
    };
  }

  private *startUnit(operation: NewOperation, filter: EventFilter): Unit<void> {
    const { dialect, tables } = this.inbox;
    const { id, action, pace, rerunAll, by } = operation;
    yield sql`INSERT INTO ${tables.operationItem} (operation_id, inbox_id, fingerprint)
      SELECT ${dialect.text(id)}, id, fingerprint FROM ${tables.inbox}
      WHERE ${matching(filter, this.inbox)} AND ${this.changeOf(operation).which}`;
    const [counted] =
      yield sql`SELECT COUNT(*) AS many FROM ${tables.operationItem} WHERE operation_id = ${id}`;
    const total = Number(counted?.['many'] ?? 0);
    const state = total === 0 ? 'done' : 'running';
    yield sql`INSERT INTO ${tables.operation}
      (id, action, conditions, pace, rerun_all, actor, started_at, ended_at, state, total)
      VALUES (${id}, ${action}, ${JSON.stringify(filter)}, ${pace}, ${rerunAll ? 1 : 0}, ${by}, ${dialect.now},
        ${total === 0 ? dialect.now : null}, ${state}, ${total})`;
    yield this.audit.recording({
      by,
      action: `${action}-started`,
      about: `Operation ${id}: ${filterText(filter)}`,
      events: total,
    });
  }

  private *turnUnit(id: string, { from, to, by, note }: Turn): Unit<boolean> {
    const { dialect, tables } = this.inbox;
    const [row] = yield this.locked(id);
    if (!from.some((state) => state === row?.['state'])) return false;
    const ends = to === 'stopped' || to === 'halted' || to === 'done';
    if (by !== undefined) {
      const events = Number(row?.['total']);
      yield this.audit.recording({
        by,
        action: `operation-${to}`,
        about: `Operation ${id}`,
        events,
      });
    }
    yield sql`UPDATE ${tables.operation} SET state = ${to}, note = ${note ?? null},
      ended_at = ${ends ? dialect.now : null} WHERE id = ${id}`;
    return true;
  }

  private *stepUnit(
    { id, stage }: Pick<Operation, 'id' | 'stage'>,
    limit: number,
  ): Unit<Step | undefined> {
    const { tables } = this.inbox;
    const [row] = yield this.locked(id);
    if (row?.['state'] !== 'running' || Number(row['stage']) !== stage) return undefined;
    const items = yield sql`SELECT inbox_id AS id FROM ${tables.operationItem}
      WHERE operation_id = ${id} AND outcome = 0 ORDER BY inbox_id LIMIT ${limit}`;
    const ids = items.map(idOf);
    const changed = ids.length === 0 ? [] : yield* this.changeRows(row, ids);
    yield* this.mark(id, ids, changed.map(idOf));
    return { keys: keysOf(changed), taken: ids.length };
  }

  private *changeRows(row: Row, ids: readonly string[]): Unit<readonly Row[]> {
    const { dialect, tables } = this.inbox;
    const { which, set } = this.changeOf({
      action: row['action'] as OperationAction,
      rerunAll: Number(row['rerun_all']) === 1,
    });
    return yield* dialect.change({
      table: tables.inbox,
      set,
      where: sql`${dialect.oneOf('id', ids)} AND ${which}`,
      returning: ['id', 'order_hash'],
    });
  }

  /** What became of these of the set. */
  private *mark(id: string, ids: readonly string[], changed: readonly string[]): Unit<void> {
    const { dialect, tables } = this.inbox;
    const done = new Set(changed);
    const passedOver = ids.filter((each) => !done.has(each));
    for (const [some, outcome] of [
      [changed, OUTCOME.changed],
      [passedOver, OUTCOME.passedOver],
    ] as const) {
      if (some.length === 0) continue;
      yield sql`UPDATE ${tables.operationItem} SET outcome = ${raw(String(outcome))}
        WHERE operation_id = ${id} AND outcome = 0 AND ${dialect.oneOf('inbox_id', some)}`;
    }
    yield sql`UPDATE ${tables.operation} SET stage = stage + 1, changed = changed + ${changed.length},
      passed_over = passed_over + ${passedOver.length} WHERE id = ${id}`;
  }

  private locked(id: string): Sql {
    const { dialect, tables } = this.inbox;
    return sql`SELECT state, stage, total, action, rerun_all FROM ${tables.operation} WHERE id = ${id}${dialect.forUpdate}`;
  }

  private changeOf({ action, rerunAll }: Pick<NewOperation, 'action' | 'rerunAll'>): RowChange {
    const { dialect } = this.inbox;
    return action === 'replay' ? replayOf(dialect, rerunAll) : discardOf(dialect);
  }

  private async select(end: Sql): Promise<readonly Operation[]> {
    const { database, tables } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT ${chosen.list} FROM ${tables.operation} ${end}`),
    );
    return rows.map(operationIn);
  }
}

function operationIn(row: Row): Operation {
  const its = chosen.read(row);
  return {
    id: its.id,
    action: its.action as OperationAction,
    filter: JSON.parse(its.conditions) as EventFilter,
    pace: its.pace as OperationPace,
    rerunAll: its.rerun_all,
    by: its.actor,
    startedAt: its.started_at,
    endedAt: its.ended_at,
    state: its.state as OperationState,
    stage: its.stage,
    total: its.total,
    changed: its.changed,
    passedOver: its.passed_over,
    note: its.note,
  };
}
