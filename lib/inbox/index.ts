export { Inbox } from './inbox.js';
export type { Accepted } from './inbox.js';
export { InboxConnections } from './inbox.connections.js';
export type { InboxOptions } from './inbox.options.js';
export { inboxMigrations } from './inbox.migrations.js';
export type { InboxMigrationOptions, MigrationClass } from './inbox.migrations.js';
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
