import { empty, join, only, raw, sql, type Dialect, type Sql } from '../database/index.js';
import {
  ATTEMPT_COLUMNS,
  hashOf,
  STORED_COLUMNS,
  storedAttempt,
  storedEvent,
} from './inbox.rows.js';
import type {
  EventCount,
  EventFilter,
  EventState,
  InboxViolation,
  StoredAttempt,
  StoredEvent,
  StoredState,
} from './stored.event.js';
import type { InboxDatabase } from './inbox.database.js';
import { runningOf } from './row.lease.js';
import { storableName } from './stored.text.js';
import { LENGTHS } from './table.definitions.js';

/** Whether a row can have it. */
export const isId = (id: string): boolean => /^\d{1,18}$/.test(id);

/** The filter as a condition on the inbox table. */
export function matching(filter: EventFilter, { dialect, tables }: InboxDatabase): Sql {
  const { id, reason, handler, error, fingerprint, text, receivedSince, receivedBefore } = filter;
  const conditions = [...identified(filter)];
  const add = (value: unknown, condition: () => Sql): void => {
    if (value !== undefined) conditions.push(condition());
  };
  add(id, () => (isId(String(id)) ? sql`id = ${BigInt(String(id))}` : NONE));
  add(filter.name, () => named('name', String(filter.name), LENGTHS.name));
  add(filter.state, () => inState(filter.state as EventState, dialect));
  add(reason, () => sql`reason = ${reason}`);
  add(fingerprint, () => sql`fingerprint = ${fingerprint}`);
  add(text, () => withText(String(text), dialect));
  add(error, () => dialect.contains('last_error', String(error)));
  add(
    receivedSince,
    () => sql`received_at >= ${dialect.number(Math.round(Number(receivedSince)))}`,
  );
  add(
    receivedBefore,
    () => sql`received_at < ${dialect.number(Math.round(Number(receivedBefore)))}`,
  );
  add(
    handler,
    () => sql`id IN (SELECT inbox_id FROM ${tables.attempt} WHERE handler = ${handler})`,
  );
  return conditions.length === 0 ? raw('1 = 1') : join(conditions, ' AND ');
}

/** What looks like the id of a row may also be a part of the sender's. */
function withText(text: string, dialect: Dialect): Sql {
  const inEventId = dialect.contains('event_id', text);
  return isId(text) ? sql`(id = ${BigInt(text)} OR ${inEventId})` : inEventId;
}

const NONE = raw('1 = 0');

function identified({ source, account, eventId }: EventFilter): readonly Sql[] {
  if (source !== undefined && account !== undefined && eventId !== undefined) {
    return [sql`identity = ${hashOf(source, account, eventId)}`];
  }
  return [
    ...(source === undefined ? [] : [named('source', source, LENGTHS.source)]),
    ...(account === undefined ? [] : [named('account', account, LENGTHS.account)]),
    ...(eventId === undefined ? [] : [named('event_id', eventId, LENGTHS.eventId)]),
  ];
}

const named = (column: string, value: string, characters: number): Sql =>
  sql`${raw(column)} = ${storableName(value, characters)}`;

/** Final rows say so once more, in the words of the index that finds them. */
export function inState(state: EventState, { now }: Dialect): Sql {
  if (state === 'running') return sql`state = 'open' AND lease_until > ${now}`;
  if (state === 'open')
    return sql`state = 'open' AND (lease_until IS NULL OR lease_until <= ${now})`;
  return state === 'waiting'
    ? raw("state = 'waiting'")
    : sql`state = ${state} AND finished_at IS NOT NULL`;
}

/** Of each state. */
const MOST_COUNTED = 10_000;
const STATES: readonly StoredState[] = ['open', 'waiting', 'done', 'ignored', 'dead'];

/** What operators, health and tests ask; nothing here changes a row. */
export class EventQueries {
  constructor(private readonly inbox: InboxDatabase) {}

  async find(filter: EventFilter): Promise<StoredEvent | undefined> {
    const { database, tables } = this.inbox;
    const [row] = await database.read(() =>
      only(sql`SELECT ${raw(STORED_COLUMNS.join(', '))}, ${runningOf(this.inbox.dialect)} AS running
        FROM ${tables.inbox} WHERE ${matching(filter, this.inbox)} ORDER BY id DESC LIMIT 1`),
    );
    return row && storedEvent(row);
  }

  async attempts(id: string): Promise<readonly StoredAttempt[]> {
    const { database, tables } = this.inbox;
    if (!isId(id)) return [];
    const rows = await database.read(() =>
      only(sql`SELECT ${raw(ATTEMPT_COLUMNS.join(', '))} FROM ${tables.attempt}
        WHERE inbox_id = ${BigInt(id)} ORDER BY id`),
    );
    return rows.map(storedAttempt);
  }

  async counts(states: readonly StoredState[] = STATES): Promise<readonly EventCount[]> {
    const { database } = this.inbox;
    const rows = await database.read(() =>
      only(
        join(
          states.map((state) => this.count(state)),
          ' UNION ALL ',
        ),
      ),
    );
    const counted = rows.map((row) => ({
      source: String(row['source']),
      stored: row['state'] as StoredState,
      running: Number(row['running']) === 1,
      count: Number(row['many']),
    }));
    counted.sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
    return counted.map(({ source, stored, running, count }) => {
      const all = counted.filter((other) => other.stored === stored);
      const more = all.reduce((sum, other) => sum + other.count, 0) > MOST_COUNTED;
      return { source, state: running ? 'running' : stored, count, more };
    });
  }

  /** By an index that leads with the state, and never more rows than are told. */
  private count(state: StoredState): Sql {
    const { tables } = this.inbox;
    const final =
      state === 'open' || state === 'waiting' ? empty : raw(' AND finished_at IS NOT NULL');
    const name = raw(`'${state}'`);
    return sql`SELECT source, ${name} AS state, running, COUNT(*) AS many FROM (
      SELECT source, ${runningOf(this.inbox.dialect)} AS running FROM ${tables.inbox}
      WHERE state = ${name}${final} LIMIT ${MOST_COUNTED + 1}) of_${raw(state)} GROUP BY source, running`;
  }

  async violations(): Promise<readonly InboxViolation[]> {
    const { database, tables } = this.inbox;
    const { inbox } = tables;
    const found: { id: string; problem: string }[] = [];
    for (const [problem, condition] of INVARIANT) {
      const rows = await database.read(() =>
        only(sql`SELECT r.id AS id FROM ${inbox} r WHERE ${condition(inbox)} LIMIT 100`),
      );
      found.push(...rows.map((row) => ({ id: String(row['id']), problem })));
    }
    return found;
  }
}

/** Every row is claimable, leased, final, or waiting behind a claimable or leased one. */
const INVARIANT: readonly (readonly [problem: string, rows: (inbox: Sql) => Sql])[] = [
  ['waits, but has no ordering key', () => raw("r.state = 'waiting' AND r.order_hash IS NULL")],
  [
    'waits, but no open event of its ordering key is before it',
    (inbox) => sql`r.state = 'waiting' AND NOT EXISTS (
      SELECT 1 FROM ${inbox} o WHERE o.order_hash = r.order_hash AND o.state = 'open')`,
  ],
  ['waits, but is leased', () => raw("r.state = 'waiting' AND r.lease_until IS NOT NULL")],
  ['leased, but by nobody', () => raw('r.lease_until IS NOT NULL AND r.lease IS NULL')],
  [
    'not finished, but its body is gone',
    () => raw("r.state IN ('open', 'waiting') AND (r.body IS NULL OR r.body_gone <> 0)"),
  ],
  [
    'final, but leased or without the time it finished at',
    () =>
      raw(
        "r.state NOT IN ('open', 'waiting') AND (r.lease_until IS NOT NULL OR r.finished_at IS NULL)",
      ),
  ],
];
