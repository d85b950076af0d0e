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
  readonly now: number;
  readonly sources: readonly string[];
  readonly counts: readonly EventCount[];
  readonly backlog: readonly Backlog[];
  readonly blocked: BlockedKey | undefined;
  readonly errors: DeadErrors;
  readonly deliveries: readonly ServiceDelivery[];
  /** Of the last hour. */
  readonly minutes: readonly MinuteCount[];
  readonly feeds: readonly FeedStatus[];
  /** Processes that run a worker. */
  readonly workers: number;
  /** Age of the oldest transaction that is open elsewhere; undefined where the database cannot tell. */
  readonly oldestTransaction: number | undefined;
}
