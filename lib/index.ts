export { ArmoxArmaloModule } from './armox-armalo.module.js';
export type { ArmoxArmaloOptionsFactory } from './armox-armalo.module-definition.js';
export type {
  ArmaloOptions,
  ArmoxArmaloOptions,
  ArmoxArmaloStaticOptions,
  ArmoxOptions,
  WebhookSecret,
  WorkerOptions,
} from './armox-armalo.options.js';
export {
  ArmaloEventPipe,
  ArmaloSignatureGuard,
  ArmoxEventPipe,
  ArmoxSignatureGuard,
} from './service-guards.js';

export {
  ArmoxArmaloError,
  ConfigurationError,
  EnvelopeUnreadableError,
  HandlerError,
  HandlerTimeoutError,
  INBOX_STORE,
  NotTransactionalError,
  RawBodyUnavailableError,
  RejectEventError,
  RetryLaterError,
  SchemaError,
  StoreUnavailableError,
} from './core/index.js';
export type { RawDelivery, SourceEvent, Via, WebhookSource } from './core/index.js';
export { HandlerRegistry } from './handlers/index.js';
export type { HandlerContext, HandlerOptions, RetryPolicy } from './handlers/index.js';
export {
  ApiAuthError,
  ApiError,
  ApiUnavailableError,
  ConflictError,
  NotFoundError,
  NotSupportedError,
  OutcomeUnknownError,
  PaymentRequiredError,
  RateLimitedError,
  RequestRefusedError,
  UnexpectedResponseError,
} from './http/index.js';
export type { ApiClientOptions, CallOptions } from './http/index.js';
export { Inbox, inboxMigrations } from './inbox/index.js';
export type {
  Accepted,
  EndReason,
  EventFilter,
  InboxStore,
  StoredAttempt,
  StoredEvent,
} from './inbox/index.js';
export { IngressCounters, RawBody, WebhookRoutes } from './ingress/index.js';
export type { RawBodyOptions, WebhookUrl } from './ingress/index.js';
export * from './sources/armalo/index.js';
export * from './sources/armox/index.js';
