import { empty, only, select, sql, type Row } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import { idOf } from './inbox.rows.js';
import { inboxTable } from './table.definitions.js';
import type { EndReason } from './stored.event.js';

/** Dead events that have the same error. */
export interface DeadErrorGroup {
  readonly fingerprint: string;
  readonly source: string;
  readonly name: string;
  readonly reason: EndReason | null;
  /** Of the latest one. */
  readonly error: string;
  readonly count: number;
  /** When the first and the last of them died, in epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly latestId: string;
}

export interface DeadErrors {
  /** Most frequent first. */
  readonly groups: readonly DeadErrorGroup[];
  /** Whether there are more dead events than the 10,000 that were looked at. */
  readonly more: boolean;
}

const MOST = 10_000;

const dead = select(
  inboxTable,
  ...(['id', 'source', 'name', 'reason', 'fingerprint', 'finished_at'] as const),
);

/** Which dead events are meant. */
export interface DeadErrorsRequest {
  /** Only those that died in the last so many milliseconds. Default: all. */
  readonly diedWithin?: number;
}

/** The dead events by their error. Their texts are read for the groups alone. */
export async function deadErrors(
  inbox: InboxDatabase,
  { diedWithin }: DeadErrorsRequest = {},
): Promise<DeadErrors> {
  const { database, dialect, tables } = inbox;
  // Final rows have the time they finished at in `due_at` too, which is what the index is ordered by.
  const recent =
    diedWithin === undefined
      ? empty
      : sql` AND body_gone = 0 AND due_at >= ${dialect.now} - ${dialect.number(diedWithin)}`;
  const rows = await database.read(() =>
    only(sql`SELECT ${dead.list} FROM ${tables.inbox}
      WHERE state = 'dead' AND finished_at IS NOT NULL AND fingerprint IS NOT NULL${recent}
      ORDER BY body_gone DESC, due_at DESC LIMIT ${MOST + 1}`),
  );
  const groups = grouped(rows.slice(0, MOST));
  const texts = await latestTexts(inbox, groups);
  return {
    groups: groups.map((group) => ({ ...group, error: texts.get(group.latestId) ?? '' })),
    more: rows.length > MOST,
  };
}

type Group = Omit<DeadErrorGroup, 'error'>;

function grouped(rows: readonly Row[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const its = dead.read(row);
    const { source, name, finished_at: at } = its;
    const fingerprint = its.fingerprint ?? '';
    const reason = its.reason as EndReason | null;
    const key = JSON.stringify([fingerprint, source, name, reason]);
    const before = groups.get(key);
    const latest = before && before.lastAt > Number(at) ? before : undefined;
    groups.set(key, {
      fingerprint,
      source,
      name,
      reason,
      count: (before?.count ?? 0) + 1,
      firstAt: Math.min(before?.firstAt ?? Infinity, Number(at)),
      lastAt: latest?.lastAt ?? Number(at),
      latestId: latest?.latestId ?? its.id,
    });
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count || b.lastAt - a.lastAt)
    .slice(0, 200);
}

async function latestTexts(
  { database, dialect, tables }: InboxDatabase,
  groups: readonly Group[],
): Promise<ReadonlyMap<string, string>> {
  if (groups.length === 0) return new Map();
  const ids = groups.map(({ latestId }) => latestId);
  const rows = await database.read(() =>
    only(sql`SELECT id, last_error FROM ${tables.inbox} WHERE ${dialect.oneOf('id', ids)}`),
  );
  return new Map(rows.map((row) => [idOf(row), (row['last_error'] as string | null) ?? '']));
}
