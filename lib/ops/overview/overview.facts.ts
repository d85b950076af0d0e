import type {
  Backlog,
  BlockedKey,
  DeadErrors,
  EventCount,
  MinuteCount,
} from '../../inbox/index.js';
import type { FeedStatus, ServiceDelivery } from '../../reconcile/index.js';

/** What is known of everything at a moment. Times are milliseconds. */
export interface OverviewFacts {
  /** Of the database. */
  readonly now: number;
  /** Since this process began to count. */
  readonly uptime: number;
  readonly sources: readonly string[];
  readonly counts: readonly EventCount[];
  readonly backlog: readonly Backlog[];
  readonly blocked: BlockedKey | undefined;
  /** Of those that died in the last hour. */
  readonly errors: DeadErrors;
  readonly deliveries: readonly ServiceDelivery[];
  /** Of the last hour, in all replicas. */
  readonly minutes: readonly MinuteCount[];
  readonly poller: PollerFacts;
  /** Processes that run a worker. */
  readonly workers: number;
  /** Age of the oldest transaction that is open elsewhere; undefined where the database cannot tell. */
  readonly oldestTransaction: number | undefined;
}

/** The poller of this process. */
export interface PollerFacts {
  readonly feeds: readonly FeedStatus[];
  /** When it polls next; null where this process does not. */
  readonly nextAt: number | null;
  /** Between its polls; null where this process does not. */
  readonly gap: number | null;
}
