import type { AuditStore } from './audit.store.js';
import type { Backlog, BlockedKey, DatabaseStatus } from './backlog.queries.js';
import type { DeadErrors, DeadErrorsRequest } from './dead.errors.js';
import type { MinuteStore } from './minute.store.js';
import type { OperationStore } from './operation.store.js';
import type { RedeliveryStore } from './redelivery.store.js';
import type {
  ChangeFilter,
  ChangeOptions,
  EventCount,
  EventFilter,
  EventPage,
  EventSummary,
  EventTotal,
  InboxViolation,
  PageRequest,
  ReplayOptions,
  StoredAttempt,
  StoredEvent,
  StoredState,
} from './stored.event.js';

/** What an operator asks of the storage: see `InboxAdmin`. */
export interface OperatorStore {
  /** What has happened by minute. */
  readonly minutes: MinuteStore;
  /** Webhooks that brought an event again. */
  readonly redeliveries: RedeliveryStore;
  /** Actions on many events. */
  readonly operations: OperationStore;
  /** What operators have done and noted. */
  readonly audit: AuditStore;
  list(filter: EventFilter, page?: PageRequest): Promise<EventPage>;
  backlog(): Promise<readonly Backlog[]>;
  /** By source, of the latest 10,000. */
  deadSince(ms: number): Promise<ReadonlyMap<string, number>>;
  blockedKey(): Promise<BlockedKey | undefined>;
  database(): Promise<DatabaseStatus>;
  /** Of the dead. */
  errors(request?: DeadErrorsRequest): Promise<DeadErrors>;
  count(filter: EventFilter): Promise<EventTotal>;
  find(filter: EventFilter): Promise<StoredEvent | undefined>;
  /** The unfinished event of the same ordering key that a waiting one is behind. */
  ahead(id: string): Promise<EventSummary | undefined>;
  attempts(id: string): Promise<readonly StoredAttempt[]>;
  /** By source, and in the order of an event's life. */
  counts(states?: readonly StoredState[]): Promise<readonly EventCount[]>;
  violations(): Promise<readonly InboxViolation[]>;
  /**
   * Final rows back to pending: attempts and stalls start again, the completed handlers stay unless `rerunAll`.
   * @throws InboxFilterError for a filter without a condition, or with one that is undefined
   */
  replay(filter: ChangeFilter, options?: ReplayOptions): Promise<number>;
  /** Pending rows that are not due yet become so. @throws InboxFilterError as `replay` */
  retryNow(filter: ChangeFilter, options?: ChangeOptions): Promise<number>;
  /**
   * Dead, pending and waiting rows end `ignored`, reason `discarded`; those that run are passed over.
   * @throws InboxFilterError as `replay`
   */
  discard(filter: ChangeFilter, options?: ChangeOptions): Promise<number>;
}
