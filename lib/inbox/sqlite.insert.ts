import { type Unit, type Dialect, raw, sql } from '../database/index.js';
import { idOf, type PreparedRow } from './inbox.rows.js';
import type { InboxTables } from './inbox.tables.js';
import type { InsertDialect } from './inserting.js';
import type { Placed, PlacedRows } from './placed.rows.js';

/** Row by row in one transaction: there is no way to the server to save, and the statement stays prepared. */
export class SqliteInsert implements InsertDialect {
  readonly inTransaction = true;

  constructor(
    private readonly dialect: Dialect,
    private readonly tables: InboxTables,
  ) {}

  *unit(rows: readonly PreparedRow[]): Unit<PlacedRows> {
    const placed = new Map<string, Placed>();
    for (const row of rows) placed.set(row.key, yield* this.one(row));
    return placed;
  }

  private *one(row: PreparedRow): Unit<Placed> {
    const { inbox } = this.tables;
    const { now } = this.dialect;
    const dead = row.invalid !== null;
    const waits = !dead && row.orderHash !== null && (yield* this.isBusy(row.orderHash));
    const state = dead ? 'dead' : waits ? 'waiting' : 'open';
    const [stored] =
      yield sql`INSERT INTO ${inbox} (identity, source, account, event_id, name, occurred_at,
        order_key, order_hash, origin, body, last_error, reason, state, received_at, due_at, finished_at)
      VALUES (${row.identity}, ${row.source}, ${row.account}, ${row.eventId}, ${row.name}, ${row.occurredAt},
        ${row.orderKey}, ${row.orderHash}, ${row.origin}, ${row.body}, ${row.invalid},
        ${dead ? 'invalid-payload' : null}, ${state}, ${now}, ${now}, ${dead ? now : raw('NULL')})
      ON CONFLICT (identity) DO NOTHING RETURNING id`;
    if (stored) return { id: idOf(stored), stored: true, waits };
    const [older] = yield sql`SELECT id FROM ${inbox} WHERE identity = ${row.identity}`;
    return { id: idOf(older ?? {}), stored: false, waits: false };
  }

  private *isBusy(key: Buffer): Unit<boolean> {
    const { inbox } = this.tables;
    const rows = yield sql`SELECT 1 AS busy
      WHERE EXISTS (SELECT 1 FROM ${inbox} o WHERE o.order_hash = ${key} AND o.state = 'open')
      OR EXISTS (SELECT 1 FROM ${inbox} w WHERE w.order_hash = ${key} AND w.state = 'waiting')`;
    return rows.length > 0;
  }
}
