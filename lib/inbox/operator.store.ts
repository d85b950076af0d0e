import type {
  EventCount,
  EventFilter,
  InboxViolation,
  ReplayFilter,
  StoredAttempt,
  StoredEvent,
} from './stored.event.js';

/** What an operator asks of the storage: see `InboxAdmin`. */
export interface OperatorStore {
  /**
   * Final rows back to pending: attempts and stalls start again, the completed handlers stay unless `rerunAll`.
   * @throws InboxFilterError for a filter without a condition, or with one that is undefined
   */
  replay(filter: ReplayFilter, options?: { readonly rerunAll?: boolean }): Promise<number>;
  find(filter: EventFilter): Promise<StoredEvent | undefined>;
  list(filter: EventFilter, limit: number): Promise<readonly StoredEvent[]>;
  attempts(id: string): Promise<readonly StoredAttempt[]>;
  counts(): Promise<readonly EventCount[]>;
  violations(): Promise<readonly InboxViolation[]>;
}
