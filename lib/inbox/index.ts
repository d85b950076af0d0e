export { Inbox } from './inbox.js';
export type { Accepted } from './inbox.js';
export { InboxConnections } from './inbox.connections.js';
export type { InboxOptions } from './inbox.options.js';
export type { InboxCompanion, StoredBeside } from './inbox.companion.js';
export { only } from './database.js';
export type { Row, Unit } from './database.js';
export type { Dialect } from './dialect.js';
export { bytes, hashOf } from './inbox.rows.js';
export { empty, join, raw, sql } from './sql.js';
export type { Sql } from './sql.js';
export { storableName } from './stored.text.js';
export type { StoreParts } from './store.parts.js';
export { inboxMigrations } from './inbox.migrations.js';
export type { InboxMigrationOptions, MigrationClass } from './inbox.migrations.js';
export type {
  ClaimedRow,
  ClaimException,
  EndReason,
  EventFilter,
  FailedAttempt,
  InboxStore,
  InsertResult,
  Lease,
  NewInboxRow,
  Outlook,
  Rescue,
  RetentionPeriods,
  Settlement,
  StoredAttempt,
  StoredEvent,
  StoredState,
  TransactionalOutcome,
} from './inbox.store.js';
