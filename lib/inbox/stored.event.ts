import type { DeadReason } from '../core/index.js';
import type { ClaimedRow, FailedAttempt } from './claimed.row.js';

/**
 * `open` with a lease ahead reads as *running*, without one as *pending*: running is not stored, so
 * that a claim changes no indexed column.
 */
export type StoredState = 'open' | 'waiting' | 'done' | 'ignored' | 'dead';

/** Why an event is `dead` or `ignored`. */
export type EndReason = DeadReason | 'no-handler' | 'reconciled' | 'stale';

export interface StoredEvent extends Omit<ClaimedRow, 'token' | 'attempt' | 'body'> {
  readonly state: StoredState | 'running';
  readonly attempts: number;
  readonly dueAt: number;
  readonly reason: EndReason | null;
  readonly lastError: string | null;
  readonly finishedAt: number | null;
  /** Null once the payload's retention is over. */
  readonly body: Buffer | null;
}

export interface StoredAttempt extends FailedAttempt {
  readonly attempt: number;
  readonly at: number;
}

export interface EventFilter {
  readonly id?: string;
  readonly source?: string;
  readonly account?: string;
  readonly eventId?: string;
  readonly name?: string;
  readonly state?: StoredState;
}

type WithCondition = {
  [Condition in keyof EventFilter]-?: EventFilter & Required<Pick<EventFilter, Condition>>;
}[keyof EventFilter];

/** Which final events to replay: at least one condition, or `{ all: true }`. */
export type ReplayFilter = (WithCondition & { readonly all?: never }) | { readonly all: true };

export interface RetentionPeriods {
  /** Milliseconds after which the payload of a done or ignored row is dropped. */
  readonly payload: number;
  /** Milliseconds after which a done or ignored row, and with it deduplication, goes. */
  readonly row: number;
  /** Milliseconds after which a dead row goes; null = kept until it is resolved. */
  readonly dead: number | null;
}

/** How many events of a source are in a state. */
export interface EventCount {
  readonly source: string;
  readonly state: StoredState | 'running';
  readonly count: number;
}

/** A row that the module could never handle nor forget. There must not be any. */
export interface InboxViolation {
  /** Id of the row. */
  readonly id: string;
  readonly problem: string;
}
