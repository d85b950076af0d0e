import { fingerprintOf } from '../core/index.js';
import { raw, sql, type Given, type Insertion, type Sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import type { PreparedRow } from './inbox.rows.js';
import { inboxTable } from './table.definitions.js';

/** How new events go into the table: open, unless one of the same ordering key is before them. */
export function insertionOf(
  { dialect, tables }: InboxDatabase,
  rows: readonly PreparedRow[],
): Insertion {
  const { now } = dialect;
  const first = firstOfKey(rows);
  // Hardly ever, and then all rows need the column.
  const invalid = rows.some((row) => row.invalid !== null);
  // Without traces the statements have no column for them.
  const traced = rows.some(({ traceContext }) => traceContext !== null);
  return {
    table: tables.named(inboxTable),
    key: 'identity',
    rows: rows.map((row, index) => ({
      ...givenOf(row, first[index] === true, traced),
      ...(invalid && { fingerprint: row.invalid === null ? null : fingerprintOf(row.invalid) }),
    })),
    computed: {
      received_at: () => now,
      due_at: () => now,
      finished_at: (given: (column: string) => Sql) =>
        sql`CASE WHEN ${given('state')} = 'dead' THEN ${now} END`,
      completed_handlers: () => raw("'[]'"),
    } satisfies InboxColumns,
    substitution: {
      column: 'state',
      value: 'open',
      instead: 'waiting',
      of: 'order_hash',
      indexes: ['open_key', 'waiting'],
    },
    // The first claim writes over it; without `lease_until` it leases nothing.
    mark: 'lease',
    notify: { channel: tables.channel, where: raw("state = 'open'") },
    returning: ['state'],
  };
}

type InboxColumns = { readonly [Name in keyof typeof inboxTable.columns]?: unknown };

const givenOf = (row: PreparedRow, first: boolean, traced: boolean): Given =>
  ({
    identity: row.identity,
    source: row.source,
    account: row.account,
    event_id: row.eventId,
    name: row.name,
    occurred_at: row.occurredAt,
    order_key: row.orderKey,
    order_hash: row.orderHash,
    origin: row.origin,
    body: row.body,
    last_error: row.invalid,
    reason: row.invalid === null ? null : 'invalid-payload',
    state: row.invalid === null ? (first ? 'open' : 'waiting') : 'dead',
    ...(traced && { trace_context: row.traceContext }),
  }) satisfies InboxColumns;

/** For each row, whether it is the first of its ordering key among `rows`. */
function firstOfKey(rows: readonly PreparedRow[]): readonly boolean[] {
  const seen = new Set<string>();
  return rows.map(({ orderHash, invalid }) => {
    if (orderHash === null || invalid !== null) return true;
    const key = orderHash.toString('hex');
    const first = !seen.has(key);
    seen.add(key);
    return first;
  });
}
