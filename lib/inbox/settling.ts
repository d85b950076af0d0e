import { fingerprintOf, LONGEST_ERROR, type DeadEvent } from '../core/index.js';
import {
  type Row,
  type Unit,
  empty,
  join,
  prepared,
  raw,
  sql,
  type Sql,
} from '../database/index.js';
import { DEAD_COLUMNS, deadEvent } from './dead.event.listeners.js';
import { completedOf, idOf } from './inbox.rows.js';
import type { Settlement } from './settlement.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import type { InboxDatabase } from './inbox.database.js';
import { hurrySettled } from './superseded.rows.js';
import { storableText, UNRECORDABLE } from './stored.text.js';
import { insertAttempts } from './attempts.js';
import { ended } from './row.lease.js';
import { LENGTHS } from './table.definitions.js';

const ROWS_AT_ONCE = 100;
const FINAL_AT_ONCE = 500;

interface Settled {
  readonly accepted: ReadonlySet<string>;
  readonly keys: readonly Buffer[];
  readonly dead: readonly DeadEvent[];
}

/** Writes what became of claimed rows, many in few statements, each fenced by its claim's token. */
export class Settling {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
  ) {}

  /** @returns the ids that were refused */
  async settle(settlements: readonly Settlement[]): Promise<ReadonlySet<string>> {
    if (settlements.length === 0) return new Set();
    const { accepted, keys, dead } = await this.recorded(settlements.map(storable));
    this.inbox.deadEvents.tell(dead);
    await this.orderKeys.promoteOrLeave(keys);
    await hurrySettled(this.inbox, settlements);
    return new Set(settlements.map(({ id }) => id).filter((id) => !accepted.has(id)));
  }

  /** Bookkeeping must never be what loses an event: a text that is refused gives way to a constant one. */
  private async recorded(settlements: readonly Settlement[]): Promise<Settled> {
    try {
      return await this.write(settlements);
    } catch (error) {
      const refused = this.inbox.database.failureOf(error) === 'refusal';
      if (!refused || !settlements.some(hasText)) throw error;
      return this.write(settlements.map(withoutText));
    }
  }

  private write(settlements: readonly Settlement[]): Promise<Settled> {
    const groups = grouped(settlements);
    const unit = (): Unit<Settled> => this.unit(groups);
    const [first] = groups;
    const oneStatement =
      groups.length === 1 &&
      (first?.to === 'done' || first?.to === 'ignored') &&
      settlements.every(({ failures }) => failures.length === 0);
    return oneStatement
      ? this.inbox.database.oneChange(unit)
      : this.inbox.database.transaction(unit);
  }

  private *unit(groups: readonly Group[]): Unit<Settled> {
    const accepted = new Set<string>();
    const ended: Row[] = [];
    const dead: DeadEvent[] = [];
    for (const group of groups) {
      const members = keepsMarks(group) ? yield* this.withMarks(group) : group.members;
      if (members.length === 0) continue;
      const rows = yield* this.change(group, members);
      for (const row of rows) accepted.add(idOf(row));
      if (isFinal(group.to)) ended.push(...rows);
      if (group.to === 'dead') dead.push(...deadEvents(rows, members));
    }
    const failures = groups
      .flatMap(({ members }) => members)
      .filter(({ id }) => accepted.has(id))
      .flatMap(({ id, attempt, failures: failed }) =>
        failed.map((failure) => ({ ...failure, id, attempt })),
      );
    for (let start = 0; start < failures.length; start += ROWS_AT_ONCE) {
      yield insertAttempts(this.inbox, failures.slice(start, start + ROWS_AT_ONCE));
    }
    return { accepted, keys: keysOf(ended), dead };
  }

  /**
   * A transactional handler may have committed its completed handler while its answer was lost on the way: an event
   * that goes on must keep the completed in the row, not only those that the dispatcher knows of.
   */
  private *withMarks(group: Group): Unit<readonly Settlement[]> {
    const { dialect, tables } = this.inbox;
    const rows =
      yield sql`SELECT id, completed_handlers FROM ${tables.inbox} WHERE ${this.fence(group)}${dialect.forUpdate}`;
    const completed = new Map(rows.map((row) => [idOf(row), completedOf(row)]));
    return group.members
      .filter(({ id }) => completed.has(id))
      .map((member) => ({
        ...member,
        completedHandlers: [
          ...new Set([...(completed.get(member.id) ?? []), ...member.completedHandlers]),
        ],
      }));
  }

  private fence({ token, members }: Pick<Group, 'token' | 'members'>): Sql {
    const ids = members.map(({ id }) => id);
    return sql`lease = ${Buffer.from(token, 'hex')} AND ${this.inbox.dialect.oneOf('id', ids)}`;
  }

  private *change(group: Group, members: readonly Settlement[]): Unit<readonly Row[]> {
    const { dialect, tables, release } = this.inbox;
    const wait = perRow(
      members,
      (one) => ('inMs' in one ? Math.round(one.inMs) : 0),
      (value) => dialect.number(value as number),
    );
    const next = isFinal(group.to)
      ? ended(dialect, group.to)
      : sql`state = 'open', due_at = ${dialect.now} + ${wait}, finished_at = NULL,
          lease = NULL, lease_until = NULL`;
    const completed = perRow(members, (one) => JSON.stringify(one.completedHandlers));
    const reason = perRow(members, (one) => ('reason' in one ? one.reason : null));
    const error = perRow(members, (one) => (hasError(one) ? one.error : null));
    const fingerprint = perRow(members, (one) => (hasError(one) ? fingerprintOf(one.error) : null));
    const change = dialect.change({
      table: tables.inbox,
      set: sql`${next}, completed_handlers = ${completed}, reason = ${reason}, last_error = ${error},
        fingerprint = ${fingerprint}, app_release = ${release}${group.to === 'postponed' ? raw(', attempts = attempts - 1') : empty}`,
      where: this.fence({ token: group.token, members }),
      returning: group.to === 'dead' ? [...DEAD_COLUMNS, 'order_hash'] : ['id', 'order_hash'],
    });
    // Without a CASE the text is the same for every number of rows.
    const recurs = [wait, completed, reason, error, fingerprint].every(
      ({ values }) => values.length === 1,
    );
    return yield* recurs ? prepared(change) : change;
  }
}

interface Group {
  readonly to: Settlement['to'];
  readonly token: string;
  readonly members: readonly Settlement[];
}

type FinalState = Exclude<Settlement['to'], 'retry' | 'postponed'>;

const isFinal = (to: Settlement['to']): to is FinalState => to !== 'retry' && to !== 'postponed';

/** A done row needs no completed any more that its dispatcher does not know of. */
const keepsMarks = ({ to }: Group): boolean => !isFinal(to) || to === 'dead';

type WithError = Extract<Settlement, { readonly to: 'dead' | 'retry' | 'postponed' }> & {
  readonly error: string;
};

const hasError = (settlement: Settlement): settlement is WithError =>
  'error' in settlement && settlement.error !== undefined;

function deadEvents(rows: readonly Row[], members: readonly Settlement[]): readonly DeadEvent[] {
  return rows.flatMap((row) => {
    const end = members.find(({ id }) => id === idOf(row));
    return end?.to === 'dead' ? [deadEvent(row, end)] : [];
  });
}

function grouped(settlements: readonly Settlement[]): readonly Group[] {
  const groups = new Map<string, Settlement[]>();
  for (const settlement of settlements) {
    const name = `${settlement.to} ${settlement.token}`;
    const group = groups.get(name);
    if (group) group.push(settlement);
    else groups.set(name, [settlement]);
  }
  return [...groups.values()].flatMap((members) => {
    const { to, token } = members[0] as Settlement;
    const size = to === 'done' || to === 'ignored' ? FINAL_AT_ONCE : ROWS_AT_ONCE;
    const count = Math.ceil(members.length / size);
    return Array.from({ length: count }, (_, index) => ({
      to,
      token,
      members: members.slice(index * size, (index + 1) * size),
    }));
  });
}

/** One value where all rows have the same, else a CASE by id. */
function perRow(
  members: readonly Settlement[],
  pick: (member: Settlement) => string | number | null,
  typed: (value: string | number | null) => unknown = (value) => value,
): Sql {
  const values = members.map(pick);
  if (values.every((value) => value === values[0])) return sql`${typed(values[0] ?? null)}`;
  const cases = members.map(
    ({ id }, index) => sql`WHEN ${BigInt(id)} THEN ${typed(values[index] ?? null)}`,
  );
  return sql`CASE id ${join(cases, ' ')} END`;
}

function storable(settlement: Settlement): Settlement {
  if (!hasText(settlement)) return settlement;
  const failures = settlement.failures.map((failure) => ({
    ...failure,
    handler: storableText(failure.handler, LENGTHS.handler),
    error: storableText(failure.error, LONGEST_ERROR),
  }));
  return hasError(settlement)
    ? { ...settlement, failures, error: storableText(settlement.error, LONGEST_ERROR) }
    : { ...settlement, failures };
}

const hasText = (settlement: Settlement): boolean =>
  hasError(settlement) || settlement.failures.length > 0;

function withoutText(settlement: Settlement): Settlement {
  const failures = settlement.failures.map((failure) => ({ ...failure, error: UNRECORDABLE }));
  return hasError(settlement)
    ? { ...settlement, failures, error: UNRECORDABLE }
    : { ...settlement, failures };
}
