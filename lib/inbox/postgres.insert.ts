import { type Unit, type Dialect, empty, sql } from '../database/index.js';
import { bytes, idOf, type PreparedRow } from './inbox.rows.js';
import type { InboxTables } from './inbox.tables.js';
import { firstOfKey, type InsertDialect } from './inserting.js';
import type { Placed, PlacedRows } from './placed.rows.js';

/** One statement, one array a column: its text is the same for every number of rows. */
export class PostgresInsert implements InsertDialect {
  readonly inTransaction = false;

  constructor(
    private readonly dialect: Dialect,
    private readonly tables: InboxTables,
  ) {}

  *unit(rows: readonly PreparedRow[]): Unit<PlacedRows> {
    const placed = new Map<string, Placed>();
    for (const row of yield this.insert(rows)) {
      const key = bytes(row['identity']).toString('hex');
      placed.set(key, { id: idOf(row), stored: true, waits: row['state'] === 'waiting' });
    }
    const others = rows.filter(({ key }) => !placed.has(key)).map(({ identity }) => identity);
    if (others.length === 0) return placed;
    const older =
      yield sql`SELECT id, identity FROM ${this.tables.inbox} WHERE identity = ANY(${others}::bytea[])`;
    for (const row of older) {
      const key = bytes(row['identity']).toString('hex');
      placed.set(key, { id: idOf(row), stored: false, waits: false });
    }
    return placed;
  }

  private insert(rows: readonly PreparedRow[]) {
    const { inbox, channel } = this.tables;
    const { now } = this.dialect;
    const column = <Name extends keyof PreparedRow>(name: Name) => rows.map((row) => row[name]);
    const ordered = rows.some(({ orderHash }) => orderHash !== null);
    // Written so that only the index of waiting rows gives the order: see OrderKeys.
    const behind = sql`WHEN NOT r.first
      OR EXISTS (SELECT 1 FROM ${inbox} o WHERE o.order_hash = r.order_hash AND o.state = 'open')
      OR (SELECT w.id FROM ${inbox} w WHERE w.order_hash >= r.order_hash AND w.order_hash <= r.order_hash
        AND w.state = 'waiting' ORDER BY w.order_hash, w.id LIMIT 1) IS NOT NULL
      THEN 'waiting'`;
    return sql`WITH stored AS (
      INSERT INTO ${inbox} (identity, source, account, event_id, name, occurred_at, order_key, order_hash,
        origin, body, last_error, reason, state, received_at, due_at, finished_at)
      SELECT r.identity, r.source, r.account, r.event_id, r.name, r.occurred_at, r.order_key, r.order_hash,
        r.origin, r.body, r.invalid, CASE WHEN r.invalid IS NOT NULL THEN 'invalid-payload' END,
        CASE WHEN r.invalid IS NOT NULL THEN 'dead' ${ordered ? behind : empty} ELSE 'open' END,
        ${now}, ${now}, CASE WHEN r.invalid IS NOT NULL THEN ${now} END
      FROM unnest(${column('identity')}::bytea[], ${column('source')}::text[], ${column('account')}::text[],
        ${column('eventId')}::text[], ${column('name')}::text[], ${column('occurredAt')}::bigint[],
        ${column('orderKey')}::text[], ${column('orderHash')}::bytea[], ${column('origin')}::text[],
        ${column('body')}::bytea[], ${column('invalid')}::text[], ${firstOfKey(rows)}::boolean[])
        WITH ORDINALITY AS r (identity, source, account, event_id, name, occurred_at, order_key,
          order_hash, origin, body, invalid, first, place)
      ORDER BY r.place
      ON CONFLICT (identity) DO NOTHING
      RETURNING id, identity, state)
    SELECT id, identity, state, CASE WHEN state = 'open' THEN pg_notify(${channel}, '') END AS told FROM stored`;
  }
}
