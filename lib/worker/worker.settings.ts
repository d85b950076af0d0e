import type { HandlerRetryPolicy } from '../handlers/index.js';
import type { RetentionPeriods } from '../inbox/index.js';

/** The worker's options with every default in its place. Times are milliseconds. */
export interface WorkerSettings {
  /** Events that run at once in this process. */
  readonly concurrency: number;
  /** Transactional handlers that run at once, each with a connection of the user's pool. */
  readonly transactions: number;
  /** How long a claim lasts unless a heartbeat, every third of it, extends it. */
  readonly lease: number;
  /** Between looks at the database when nothing wakes the worker. */
  readonly pollInterval: number;
  /** What running handlers are given at shutdown. */
  readonly shutdownTimeout: number;
  /** Deaths of the process while it ran one event and nothing beside it, until that event is dead. */
  readonly maxStalledCount: number;
  readonly retry: HandlerRetryPolicy;
  readonly retention: RetentionPeriods;
}
