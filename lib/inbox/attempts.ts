import { sql, valuesOf, type Sql } from '../database/index.js';
import type { FailedAttempt } from './claimed.row.js';
import type { InboxDatabase } from './inbox.database.js';

/** A handler's failed try of an event. */
export interface AttemptOf extends FailedAttempt {
  /** Of the event's row. */
  readonly id: string;
  readonly attempt: number;
}

/** Keeps what was tried in vain. */
export function insertAttempts(
  { dialect, tables, release }: InboxDatabase,
  attempts: readonly AttemptOf[],
): Sql {
  const rows = attempts.map(({ id, attempt, handler, error, duration }) => ({
    inbox_id: BigInt(id),
    attempt,
    handler,
    error,
    failed_at: dialect.now,
    duration: Math.round(duration),
    app_release: release,
  }));
  return sql`INSERT INTO ${tables.attempt} ${valuesOf(rows)}`;
}
