export { Inbox } from './inbox.js';
export type { AcceptedEvent } from './inbox.js';
export type { StoredRef } from './accept.queue.js';
export { InboxAdmin } from './inbox.admin.js';

export type { Backlog, BlockedKey, DatabaseStatus } from './backlog.queries.js';
export { MinuteStore } from './minute.store.js';
export type { MinuteCount } from './minute.store.js';
export { RedeliveryStore } from './redelivery.store.js';
export type { RedeliveryCount } from './redelivery.store.js';
export { AuditStore } from './audit.store.js';
export type { AuditEntry, AuditPage, AuditRecord, EventNote } from './audit.store.js';
export type { DeadErrorGroup, DeadErrors, DeadErrorsRequest } from './dead.errors.js';
export { OperationStore } from './operation.store.js';
export type {
  NewOperation,
  Operation,
  OperationAction,
  OperationPace,
  OperationState,
} from './operation.store.js';
export { InboxConnections } from './inbox.connections.js';
export { DEFAULT_INGEST_TIMEOUT, DEFAULT_POOL_SIZE } from './inbox.options.js';
export type { InboxOptions } from './inbox.options.js';
export { DEFAULT_PREFIX, isTablePrefix, TABLE_PREFIX } from './inbox.tables.js';
export type { InsertHook, JustStored } from './insert.hooks.js';
export { hashOf } from './inbox.rows.js';
export { LENGTHS } from './table.definitions.js';
export { storableName } from './stored.text.js';
export type { InboxDatabase } from './inbox.database.js';
export { inboxMigrations } from './inbox.migrations.js';
export type { InboxMigrationOptions } from './inbox.migrations.js';
export type { ClaimedRow, FailedAttempt, LaterEvents, Lease } from './claimed.row.js';
export type { HandlerTurn, SentStatement } from '../database/index.js';
export type { DryRunStore, DryRunWork } from './dry-run.store.js';
export type { InboxStore } from './inbox.store.js';
export type { LeaderLock } from './leader.lock.js';
export type { MaintenanceStore } from './maintenance.store.js';
export type { OperatorStore } from './operator.store.js';
export type { InsertResult, NewInboxRow } from './intake.store.js';
export type { PublishedHandler, Replica, ReplicaStore } from './replica.store.js';
export type { Settlement } from './settlement.js';
export { EVENT_STATES } from './stored.event.js';
export type {
  EventCount,
  InboxViolation,
  EndReason,
  EventDetails,
  EventFilter,
  EventPage,
  EventTotal,
  EventState,
  EventSummary,
  PageRequest,
  ChangeFilter,
  ChangeOptions,
  ReplayOptions,
  RetentionPeriods,
  Redeliveries,
  StoredAttempt,
  StoredEvent,
  StoredState,
} from './stored.event.js';
export type {
  ClaimException,
  Outlook,
  Recovery,
  TransactionalOutcome,
  Ends,
  TransactionalOptions,
  TransactionalPart,
  WorkStore,
} from './work.store.js';
