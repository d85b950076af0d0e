export { ArmoxArmaloModule, inboxMigrations } from './module/index.js';
export type {
  ArmoxArmaloAsyncOptions,
  ArmoxArmaloMigrationOptions,
  ArmoxArmaloOptions,
  ArmoxArmaloOptionsFactory,
  ArmoxArmaloStaticOptions,
  ReconcileOptions,
  WorkerOptions,
} from './module/index.js';
export type { SecretAnswer, SecretOfAccount, WebhookSecret } from './source-definition/index.js';

export {
  ArmoxArmaloError,
  ArmoxArmaloConfigurationError,
  EnvelopeUnreadableError,
  EventHandlerError,
  EventHandlerTimeoutError,
  MODULE_OPTIONS as ARMOX_ARMALO_OPTIONS,
  NotTransactionalError,
  RawBodyUnavailableError,
  RejectEventError,
  InboxFilterError,
  RetryLaterError,
  InboxSchemaError,
  InboxUnavailableError,
  undocumentedEvent,
  undocumentedField,
} from './core/index.js';
export type {
  DeadEvent,
  DiagnosticMessages,
  DiagnosticName,
  DeadReason,
  EventReading,
  EventFeed,
  WatchedSubject,
  RawDelivery,
  SourceEvent,
  StoredDelivery,
  UndocumentedEventName,
  EventOrigin,
  WebhookSource,
} from './core/index.js';
export { HandlerRegistry, OnDeadEvent } from './handlers/index.js';
export type { HandlerContext, HandlerOptions, HandlerRetryPolicy } from './handlers/index.js';
export {
  ApiAuthError,
  ApiError,
  ApiUnavailableError,
  ApiConflictError,
  ApiNotFoundError,
  ApiNotSupportedError,
  ApiOutcomeUnknownError,
  ApiPaymentRequiredError,
  ApiRateLimitedError,
  ApiRequestRefusedError,
  ApiUnexpectedResponseError,
} from './api-client/index.js';
export type { ApiClientOptions, ApiCallOptions } from './api-client/index.js';
export { Inbox, InboxAdmin } from './inbox/index.js';
export type {
  AcceptedEvent,
  EndReason,
  EventCount,
  EventDetails,
  EventFilter,
  EventPage,
  EventTotal,
  DeadErrorGroup,
  Backlog,
  BlockedKey,
  DatabaseStatus,
  DeadErrors,
  Operation,
  OperationAction,
  OperationPace,
  OperationState,
  AuditEntry,
  AuditPage,
  EventState,
  EventSummary,
  PageRequest,
  InboxViolation,
  ChangeFilter,
  ChangeOptions,
  ReplayOptions,
  StoredAttempt,
  StoredEvent,
} from './inbox/index.js';
export { DeliveryHealth, RECONCILE_JOB, Reconciler } from './reconcile/index.js';
export type {
  FeedReport,
  ReconcileReport,
  ReconcileScheduleOptions,
  ServiceDelivery,
} from './reconcile/index.js';
export { IngressCounters, CaptureRawBody, WebhookRoutes } from './ingress/index.js';
export type { CaptureRawBodyOptions, WebhookUrl } from './ingress/index.js';
export {
  ARMALO_DEFAULT_BASE_URL,
  ARMALO_EVENT_NAMES,
  ARMALO_SIGNATURE_HEADER,
  ArmaloClient,
  ArmaloEventPipe,
  ArmaloSignatureGuard,
  ArmaloWatch,
  ArmaloWebhooks,
  EvalCompletedData,
  OnArmaloEvent,
  ScoreChangedData,
  WebhookRegistrationError,
  isArmaloEvent,
  verifyArmaloSignature,
} from './sources/armalo/index.js';
export type { ArmaloOptions } from './sources/armalo/index.js';
/** Armalo's events, and the data of each. */
export type {
  AnyArmaloEvent,
  ArmaloEvent,
  ArmaloEventName,
  ArmaloEvents,
  AgentRegisteredData,
  AgentReputationUpdatedData,
  AgentScoreChangedData,
  ArmaloData,
  CertificationChangedData,
  CertificationTier,
  ContextPackPublishedData,
  ContextPackSafetyFailedData,
  ContextPackSafetyPassedData,
  EscrowDisputedData,
  EscrowExpiredData,
  EscrowFundedData,
  EscrowReleasedData,
  EvalFailedData,
  MonitoringAlertData,
  PactAnchoredData,
  PactCosignedData,
  PactViolatedData,
  ScoreTierChangedData,
  SwarmCreatedData,
  SwarmHaltedData,
  WalletVerifiedData,
} from './sources/armalo/index.js';
/** What the API of Armalo takes and answers. */
export type {
  ArmaloAgent,
  ArmaloEscrow,
  ArmaloEval,
  ArmaloList,
  ArmaloListOptions,
  ArmaloPact,
  ArmaloScore,
  ArmaloScoreHistoryEntry,
  ArmaloWebhook,
  CreateAgent,
  CreateEval,
  CreatePact,
  CreateWebhook,
  CreatedArmaloWebhook,
  EnsureWebhookOptions,
  EnsuredWebhook,
  ListEscrowsOptions,
  ListEvalsOptions,
  ListPactsOptions,
  PactCondition,
  RegistrationProblem,
  ScoreHistoryOptions,
  UpdateWebhook,
  WatchAgent,
} from './sources/armalo/index.js';
export {
  ARMOX_DEFAULT_BASE_URL,
  ARMOX_EVENT_NAMES,
  ARMOX_JOB_STATUSES,
  ARMOX_SIGNATURE_HEADER,
  ArmoxClient,
  ArmoxEventPipe,
  ArmoxSignatureGuard,
  ArmoxJob,
  ArmoxJobs,
  JobLostError,
  JobNotRecordedError,
  JobTimeoutError,
  OnArmoxEvent,
  armoxOutputUrls,
  isArmoxEvent,
  isTerminalJobStatus,
  verifyArmoxSignature,
} from './sources/armox/index.js';
export type { ArmoxOptions } from './sources/armox/index.js';
/** Armox's events, and the job in each. */
export type {
  AnyArmoxEvent,
  AnyArmoxJob,
  AnyArmoxJobStatus,
  ArmoxEvent,
  ArmoxEventName,
  ArmoxEvents,
  ArmoxJobStatus,
  ArmoxOutput,
  CancelledJob,
  CompletedJob,
  FailedJob,
  PendingJob,
  ProcessingJob,
} from './sources/armox/index.js';
/** What the API of Armox and `ArmoxJobs` take and answer. */
export type {
  ArmoxAccount,
  ArmoxApp,
  ArmoxAppInput,
  ArmoxJobHandle,
  ArmoxModel,
  ArmoxModelSetting,
  ListJobsOptions,
  RunAppJob,
  RunAppOptions,
  RunModelJob,
  RunModelOptions,
  WaitForJob,
} from './sources/armox/index.js';

export type { OpsAuthenticator, OpsLogin, OpsOptions, OpsRole, OpsUser } from './ops/index.js';
export { InboxOperations, OpsPage } from './ops/index.js';
export type { OperationPreview, OperationRequest } from './ops/index.js';
export { EventDryRun } from './worker/index.js';
export type { DryRunReport, HandlerDryRun, WrittenStatement } from './worker/index.js';
