import { bytes, join, only, raw, sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import { eventSummary, SUMMARY_COLUMNS } from './inbox.rows.js';
import type { EventSummary } from './stored.event.js';

/** What is due of a source, and not begun. */
export interface Backlog {
  readonly source: string;
  readonly due: number;
  /** Whether there are more: 10,000 events of all sources are counted. */
  readonly more: boolean;
  /** Milliseconds since the oldest of them became due. */
  readonly oldest: number;
}

/** Events that wait behind one that fails. */
export interface BlockedKey {
  /** The one that is retried. */
  readonly head: EventSummary;
  /** How many wait behind it, 1,000 or more where it is 1,000. */
  readonly waiting: number;
}

const MOST = 10_000;
const SUMMARY = raw(SUMMARY_COLUMNS.join(', '));
/** Of the events that are tried again later. */
const MOST_LOOKED_AT = 2_000;
const MOST_HEADS = 20;
const MOST_WAITING = 1_000;

/** The sources of which events are due, by the database's clock. */
export async function backlogOf({
  database,
  dialect,
  tables,
}: InboxDatabase): Promise<readonly Backlog[]> {
  const { now } = dialect;
  const rows = await database.read(() =>
    only(sql`SELECT source, COUNT(*) AS many, MAX(${now} - due_at) AS oldest FROM (
      SELECT source, due_at FROM ${tables.inbox}
      WHERE state = 'open' AND body_gone = 0 AND due_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now})
      ORDER BY due_at, id LIMIT ${MOST}) due GROUP BY source ORDER BY source`),
  );
  const found = rows.map((row) => ({
    source: String(row['source']),
    due: Number(row['many']),
    oldest: Number(row['oldest']),
  }));
  const more = found.reduce((sum, { due }) => sum + due, 0) >= MOST;
  return found.map((each) => ({ ...each, more }));
}

/** The ordering key behind whose failing head the most events wait; among the heads that are tried again last. */
export async function blockedKeyOf(inbox: InboxDatabase): Promise<BlockedKey | undefined> {
  const { database, dialect, tables } = inbox;
  const heads = await database.read(() =>
    only(sql`SELECT ${SUMMARY}, order_hash, 0 AS running FROM (
      SELECT ${SUMMARY}, order_hash FROM ${tables.inbox}
      WHERE state = 'open' AND body_gone = 0 AND due_at > ${dialect.now}
      ORDER BY due_at DESC, id DESC LIMIT ${MOST_LOOKED_AT}) later
      WHERE order_hash IS NOT NULL AND fingerprint IS NOT NULL LIMIT ${MOST_HEADS}`),
  );
  if (heads.length === 0) return undefined;
  const counts = heads.map(
    (head, at) => sql`SELECT ${raw(String(at))} AS head, COUNT(*) AS many FROM (
      SELECT id FROM ${tables.inbox} WHERE state = 'waiting' AND order_hash = ${bytes(head['order_hash'])}
      LIMIT ${MOST_WAITING}) ${raw(`behind_${at}`)}`,
  );
  const found = await database.read(() => only(join(counts, ' UNION ALL ')));
  const [most] = [...found].sort((a, b) => Number(b['many']) - Number(a['many']));
  const head = heads[Number(most?.['head'])];
  const waiting = Number(most?.['many'] ?? 0);
  return head && waiting > 0 ? { head: eventSummary(head), waiting } : undefined;
}

/** How many events of each source have died in the last `ms` milliseconds, of the 10,000 latest ones. */
export async function deadSince(
  { database, dialect, tables }: InboxDatabase,
  ms: number,
): Promise<ReadonlyMap<string, number>> {
  const since = sql`${dialect.now} - ${dialect.number(ms)}`;
  const rows = await database.read(() =>
    // Final rows have the time they finished at in `due_at` too, which is what the index is ordered by.
    only(sql`SELECT source, COUNT(*) AS many FROM (SELECT source FROM ${tables.inbox}
      WHERE state = 'dead' AND finished_at IS NOT NULL AND body_gone = 0 AND due_at >= ${since}
      ORDER BY due_at DESC LIMIT ${MOST}) died GROUP BY source`),
  );
  return new Map(rows.map((row) => [String(row['source']), Number(row['many'])]));
}

/** What the database says of the workers, and of itself. */
export interface DatabaseStatus {
  /** Processes that run a worker. */
  readonly workers: number;
  /** Milliseconds that the oldest transaction has been open; undefined where the database does not tell. */
  readonly oldestTransaction: number | undefined;
}

export async function databaseStatus(inbox: InboxDatabase): Promise<DatabaseStatus> {
  const { database, dialect, tables } = inbox;
  const [replicas] = await database.read(() =>
    only(sql`SELECT COUNT(*) AS many FROM ${tables.replica} WHERE seen_until > ${dialect.now}`),
  );
  const { oldestTransaction } = dialect;
  const [oldest] = oldestTransaction ? await database.read(() => only(oldestTransaction)) : [];
  return {
    workers: Number(replicas?.['many'] ?? 0),
    oldestTransaction: oldest && Number(oldest['age']),
  };
}
