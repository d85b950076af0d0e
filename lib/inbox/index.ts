export { Inbox } from './inbox.js';
export type { Accepted } from './inbox.js';
export type {
  ClaimedRow,
  EndReason,
  EventFilter,
  FailedAttempt,
  InboxStore,
  InsertResult,
  Lease,
  NewInboxRow,
  RetentionPeriods,
  Settlement,
  StoredAttempt,
  StoredEvent,
  StoredState,
  TransactionalOutcome,
} from './inbox.store.js';
