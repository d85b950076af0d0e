import { hashOf, STORED_COLUMNS, storedAttempt, storedEvent } from './inbox.rows.js';
import type { EventFilter, StoredAttempt, StoredEvent, StoredState } from './stored.event.js';
import { only, join, raw, sql, type Sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import { storableName } from './stored.text.js';
import { LENGTHS } from './table.definitions.js';

const isId = (id: string): boolean => /^\d{1,18}$/.test(id);

/** The filter as a condition on the inbox table. */
export function matching(filter: EventFilter): Sql {
  const conditions: Sql[] = [];
  const { id, source, account, eventId, name, state } = filter;
  if (id !== undefined) conditions.push(isId(id) ? sql`id = ${BigInt(id)}` : raw('1 = 0'));
  if (source !== undefined && account !== undefined && eventId !== undefined) {
    conditions.push(sql`identity = ${hashOf(source, account, eventId)}`);
  } else {
    if (source !== undefined) conditions.push(named('source', source, LENGTHS.source));
    if (account !== undefined) conditions.push(named('account', account, LENGTHS.account));
    if (eventId !== undefined) conditions.push(named('event_id', eventId, LENGTHS.eventId));
  }
  if (name !== undefined) conditions.push(named('name', name, LENGTHS.name));
  if (state !== undefined) conditions.push(sql`state = ${state}`);
  return conditions.length === 0 ? raw('1 = 1') : join(conditions, ' AND ');
}

const named = (column: string, value: string, characters: number): Sql =>
  sql`${raw(column)} = ${storableName(value, characters)}`;

/** What operators, health and tests ask; nothing here changes a row. */
export class EventQueries {
  constructor(private readonly parts: InboxDatabase) {}

  async find(filter: EventFilter): Promise<StoredEvent | undefined> {
    return (await this.list(filter, 1))[0];
  }

  async list(filter: EventFilter, limit: number): Promise<readonly StoredEvent[]> {
    const { database, tables } = this.parts;
    const columns = raw(STORED_COLUMNS.join(', '));
    const rows = await database.read(() =>
      only(sql`SELECT ${columns}, ${this.running} AS running FROM ${tables.inbox}
        WHERE ${matching(filter)} ORDER BY id DESC LIMIT ${limit}`),
    );
    return rows.map(storedEvent);
  }

  async attempts(id: string): Promise<readonly StoredAttempt[]> {
    const { database, tables } = this.parts;
    if (!isId(id)) return [];
    const rows = await database.read(() =>
      only(sql`SELECT attempt, handler, error, failed_at, duration FROM ${tables.attempt}
        WHERE inbox_id = ${BigInt(id)} ORDER BY id`),
    );
    return rows.map(storedAttempt);
  }

  async counts(): Promise<
    readonly { source: string; state: StoredState | 'running'; count: number }[]
  > {
    const { database, tables } = this.parts;
    const rows = await database.read(() =>
      only(sql`SELECT source, state, running, COUNT(*) AS many FROM (
        SELECT source, state, ${this.running} AS running FROM ${tables.inbox}) each_row
        GROUP BY source, state, running ORDER BY source, state, running`),
    );
    return rows.map((row) => ({
      source: String(row['source']),
      state: Number(row['running']) === 1 ? 'running' : (row['state'] as StoredState),
      count: Number(row['many']),
    }));
  }

  async violations(): Promise<readonly { id: string; problem: string }[]> {
    const { database, tables } = this.parts;
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

  private get running(): Sql {
    return sql`CASE WHEN state = 'open' AND lease_until > ${this.parts.dialect.now} THEN 1 ELSE 0 END`;
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
