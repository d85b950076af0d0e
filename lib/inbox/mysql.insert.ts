import { randomBytes } from 'node:crypto';
import { type Unit, type Dialect, join, raw, sql, type Sql } from '../database/index.js';
import { bytes, idOf, type PreparedRow } from './inbox.rows.js';
import type { InboxTables } from './inbox.tables.js';
import { firstOfKey, type InsertDialect } from './inserting.js';
import type { Placed, PlacedRows } from './placed.rows.js';

/**
 * `INSERT IGNORE`, then a look at which rows carry this batch's token: MySQL has no RETURNING. The
 * token stands in `lease`, where the first claim writes over it; without `lease_until` it leases nothing.
 */
export class MysqlInsert implements InsertDialect {
  readonly inTransaction = true;

  constructor(
    private readonly dialect: Dialect,
    private readonly tables: InboxTables,
    /** Bytes of the longest statement that the server takes. */
    private readonly longestStatement = Infinity,
  ) {}

  /** Bytes of the largest body whose INSERT the server takes. */
  get largestBody(): number {
    return Math.floor((this.longestStatement - BESIDE_BODY) / 2);
  }

  *unit(rows: readonly PreparedRow[]): Unit<PlacedRows> {
    const busy = yield* this.busyKeys(rows);
    const token = randomBytes(16);
    for (const insert of this.inserts(rows, busy, token)) yield insert;
    const identities = rows.map(({ identity }) => identity);
    const found = yield sql`SELECT id, identity, lease, lease_until, state FROM ${this.tables.inbox}
      WHERE identity IN (${join(identities)})`;
    const placed = new Map<string, Placed>();
    for (const row of found) {
      const stored = row['lease'] != null && bytes(row['lease']).equals(token);
      const waits = stored && row['state'] === 'waiting';
      placed.set(bytes(row['identity']).toString('hex'), { id: idOf(row), stored, waits });
    }
    return placed;
  }

  /** The ordering keys, in hexadecimal, that have an unfinished row; one probe of the index each. */
  private *busyKeys(rows: readonly PreparedRow[]): Unit<ReadonlySet<string>> {
    const keys = new Map<string, Buffer>();
    for (const { orderHash } of rows) if (orderHash) keys.set(orderHash.toString('hex'), orderHash);
    if (keys.size === 0) return new Set();
    const { inbox } = this.tables;
    const probes = [...keys.values()].map(
      (key) => sql`SELECT ${key} AS order_hash FROM DUAL
        WHERE EXISTS (SELECT 1 FROM ${inbox} o WHERE o.open_key = ${key})
        OR EXISTS (SELECT 1 FROM ${inbox} w WHERE w.state = 'waiting' AND w.order_hash = ${key})`,
    );
    const found = yield join(probes, ' UNION ALL ');
    return new Set(found.map((row) => bytes(row['order_hash']).toString('hex')));
  }

  /** As many as it takes for each to fit into a packet, in the order of the rows. */
  private inserts(
    rows: readonly PreparedRow[],
    busy: ReadonlySet<string>,
    token: Buffer,
  ): readonly Sql[] {
    const packets: Sql[][] = [];
    let left = 0;
    for (const values of this.valuesOf(rows, busy, token)) {
      const size = writtenSize(values);
      if (packets.length === 0 || size > left) {
        packets.push([]);
        left = this.longestStatement - STATEMENT_HEAD;
      }
      packets.at(-1)?.push(values);
      left -= size;
    }
    return packets.map(
      (
        values,
      ) => sql`INSERT IGNORE INTO ${this.tables.inbox} (identity, source, account, event_id, name, occurred_at,
        order_key, order_hash, origin, body, last_error, reason, state, received_at, due_at, finished_at, lease, completed_handlers)
        VALUES ${join(values)}`,
    );
  }

  private valuesOf(
    rows: readonly PreparedRow[],
    busy: ReadonlySet<string>,
    token: Buffer,
  ): readonly Sql[] {
    const { now } = this.dialect;
    const first = firstOfKey(rows);
    return rows.map((row, index) => {
      const dead = row.invalid !== null;
      const behind = !first[index] || (row.orderHash && busy.has(row.orderHash.toString('hex')));
      const state = dead ? 'dead' : behind ? 'waiting' : 'open';
      return sql`(${row.identity}, ${row.source}, ${row.account}, ${row.eventId}, ${row.name}, ${row.occurredAt},
        ${row.orderKey}, ${row.orderHash}, ${row.origin}, ${row.body}, ${row.invalid},
        ${dead ? 'invalid-payload' : null}, ${state}, ${now}, ${now}, ${dead ? now : raw('NULL')}, ${token}, '[]')`;
    });
  }
}

const STATEMENT_HEAD = 1_024;

/** What a row may have beside its body, as a statement writes it: names, and the problems of an invalid payload. */
const BESIDE_BODY = 24 * 1_024;

/** Bytes at most: mysql2 writes bytes as hexadecimal, and escapes texts. */
function writtenSize(values: Sql): number {
  const sizes = values.values.map((value) => {
    if (Buffer.isBuffer(value)) return 2 * value.length + 3;
    return typeof value === 'string' ? 2 * Buffer.byteLength(value) + 2 : 24;
  });
  return sizes.reduce((sum, size) => sum + size, values.sql.length);
}
