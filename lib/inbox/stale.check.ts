import { only, type Unit, join, sql } from '../database/index.js';
import { completedOf, hashOf, idOf } from './inbox.rows.js';
import type { LaterEvents } from './claimed.row.js';
import type { InboxDatabase } from './inbox.database.js';

const ROWS_AT_ONCE = 10;

/**
 * The newest event of the row's ordering key that is newer than the row, by the sender's own time, and
 * carries the handler's completed handler.
 *
 * A completed handler may also say that the handler was skipped there, as one of several. That changes no answer:
 * the event that it was skipped for is newer still and carries the completed handler too, and what was older than
 * the skipped one is older than that.
 *
 * The database looks for the name as JSON has it, which may also stand inside a longer name with quotes
 * in it; so the completed are compared here.
 */
export async function newerApplied(
  { database, dialect, tables }: InboxDatabase,
  id: string,
  handler: string,
): Promise<string | undefined> {
  return database.read(function* (): Unit<string | undefined> {
    const [own] =
      yield sql`SELECT order_hash, occurred_at FROM ${tables.inbox} WHERE id = ${BigInt(id)}`;
    if (own?.['order_hash'] == null || own['occurred_at'] == null) return undefined;
    for (let passed = 0; ; passed += ROWS_AT_ONCE) {
      const rows = yield sql`SELECT id, completed_handlers FROM ${tables.inbox}
        WHERE order_hash = ${own['order_hash']} AND occurred_at > ${own['occurred_at']}
          AND ${dialect.contains('completed_handlers', JSON.stringify(handler))}
        ORDER BY occurred_at DESC LIMIT ${ROWS_AT_ONCE} OFFSET ${passed}`;
      const found = rows.find((row) => completedOf(row).includes(handler));
      if (found) return idOf(found);
      if (rows.length < ROWS_AT_ONCE) return undefined;
    }
  });
}

/** What the inbox knows these events by. */
export const identitiesOf = ({ source, account, eventIds }: LaterEvents): readonly Buffer[] =>
  eventIds.map((eventId) => hashOf(source, account, eventId));

/** The row of one of these events, whatever has become of it. */
export async function firstStored(
  { database, tables }: InboxDatabase,
  events: LaterEvents,
): Promise<string | undefined> {
  const identities = identitiesOf(events);
  if (identities.length === 0) return undefined;
  const [row] = await database.read(() =>
    only(
      sql`SELECT id FROM ${tables.inbox} WHERE identity IN (${join(identities)}) ORDER BY id LIMIT 1`,
    ),
  );
  return row && idOf(row);
}
