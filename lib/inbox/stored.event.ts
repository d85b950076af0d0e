import type { DeadReason } from '../core/index.js';
import type { ClaimedRow, FailedAttempt } from './claimed.row.js';

/**
 * `open` with a lease ahead reads as *running*, without one as *pending*: running is not stored, so
 * that a claim changes no indexed column.
 */
export type StoredState = 'open' | 'waiting' | 'done' | 'ignored' | 'dead';

/** A stored state, with `running` told from `open`. */
export type EventState = StoredState | 'running';

/** All of them, in the order of an event's life. */
export const EVENT_STATES: readonly EventState[] = [
  'open',
  'running',
  'waiting',
  'done',
  'ignored',
  'dead',
];

/** Why an event is `dead` or `ignored`. */
export type EndReason = DeadReason | 'no-handler' | 'reconciled' | 'stale' | 'discarded';

/** A row of the inbox without its payload. Times are the database's, in epoch milliseconds. */
export interface EventSummary extends Omit<
  ClaimedRow,
  'token' | 'attempt' | 'body' | 'traceContext'
> {
  readonly state: EventState;
  readonly attempts: number;
  readonly reason: EndReason | null;
  readonly lastError: string | null;
  /** The same for errors that differ in ids, numbers and the like only; of the latest error, where there was one. */
  readonly fingerprint: string | null;
  readonly finishedAt: number | null;
  /** Of the application that ran it last: its option `release`. Null before that. */
  readonly release: string | null;
}

export interface StoredEvent extends EventSummary {
  /** The exact bytes that came; null once the payload's retention is over. */
  readonly body: Buffer | null;
}

/** A handler's failed try, or that it was skipped. */
export interface StoredAttempt extends FailedAttempt {
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of the application that made it. */
  readonly release: string | null;
}

/** That a service has sent an event again, though it had been answered 2xx or before the answer came. */
export interface Redeliveries {
  readonly count: number;
  /** Epoch milliseconds; null where there is none. */
  readonly lastAt: number | null;
}

/** An event with all that is known of it. */
export interface EventDetails extends StoredEvent {
  /** Its failed attempts and skipped handlers, oldest first. */
  readonly failures: readonly StoredAttempt[];
  /** Webhooks that brought it again. Counted by each process, and written every five seconds. */
  readonly redeliveries: Redeliveries;
}

/** Conditions that an event must fit, all of them. */
export interface EventFilter {
  /** Of the row. */
  readonly id?: string;
  readonly source?: string;
  readonly account?: string;
  /** The sender's, or what stands for it. */
  readonly eventId?: string;
  readonly name?: string;
  readonly state?: EventState;
  readonly reason?: EndReason;
  /** Name of a handler that has failed, or was skipped, for the event. */
  readonly handler?: string;
  /** A part of the last error's text, upper and lower case as they are. */
  readonly error?: string;
  /** Of its latest error. */
  readonly fingerprint?: string;
  /** A part of its `eventId`, or the row's `id`. */
  readonly text?: string;
  /** Received at this time or later, in epoch milliseconds. */
  readonly receivedSince?: number;
  /** Received before this time, in epoch milliseconds. */
  readonly receivedBefore?: number;
}

type WithCondition = {
  [Condition in keyof EventFilter]-?: EventFilter & Required<Pick<EventFilter, Condition>>;
}[keyof EventFilter];

/** Which events to change: at least one condition, or `{ all: true }`. */
export type ChangeFilter = (WithCondition & { readonly all?: never }) | { readonly all: true };

/** How an operator's change is made. */
export interface ChangeOptions {
  /** Who makes it: the audit is written in the transaction of the change. Default: nobody is told of. */
  readonly by?: string | undefined;
}

export interface ReplayOptions extends ChangeOptions {
  /** Whether handlers that have succeeded run again. Default false. */
  readonly rerunAll?: boolean;
}

/** A part of a list that goes from the newest event to the oldest. */
export interface EventPage {
  readonly events: readonly EventSummary[];
  /** What `after` is for the next part; undefined where this was the last one. */
  readonly next: string | undefined;
  /**
   * Where few events fit, a part ends after 20,000 events that were looked at, and may be short or empty: when
   * the last of those was received. Undefined where the part is full, or the list has ended.
   */
  readonly searchedBackTo: number | undefined;
}

/** How many events fit a filter. */
export interface EventTotal {
  readonly count: number;
  /** Whether there are more, or may be: 10,000 are counted, among the latest 100,000 events. */
  readonly more: boolean;
}

/** Where a part of a list begins, and how long it is. */
export interface PageRequest {
  /** At most 1,000. Default 100. */
  readonly limit?: number;
  /** `next` of the part before. Default: the newest event. */
  readonly after?: string | undefined;
}

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
  readonly state: EventState;
  readonly count: number;
  /** Whether there are more: of each stored state 10,000 events are counted. */
  readonly more: boolean;
}

/** A row that the module could never handle nor forget. There must not be any. */
export interface InboxViolation {
  /** Id of the row. */
  readonly id: string;
  readonly problem: string;
}
