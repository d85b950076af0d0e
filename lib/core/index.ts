export { LATE, runEvery, sleepBy, systemClock, systemTimers, within } from './time.js';
export type { Clock, Timers } from './time.js';
export { systemRandom } from './random.js';
export type { Random } from './random.js';
export {
  ArmoxArmaloError,
  boundedDelay,
  ArmoxArmaloConfigurationError,
  EnvelopeUnreadableError,
  EventHandlerError,
  EventHandlerTimeoutError,
  NotTransactionalError,
  RawBodyUnavailableError,
  RejectEventError,
  InboxFilterError,
  RetryLaterError,
  InboxSchemaError,
  InboxUnavailableError,
} from './errors.js';
export type { DeadEvent, DeadReason } from './dead-event.js';
export {
  diagnose,
  diagnosedAttempt,
  diagnosedEvent,
  isDiagnosed,
  listenTo,
} from './diagnostics.js';
export type {
  DiagnosedBatch,
  DiagnosticListeners,
  DiagnosticMessages,
  DiagnosticName,
  RefusalReason,
} from './diagnostics.js';
export { LONGEST_TRACE_CONTEXT } from './tracing.js';
export type { TracedArrival, TracedAttempt, TracedResult, Tracing } from './tracing.js';
export { errorType } from './error-type.js';
export type { EventFeed, WatchedSubject } from './feed.js';
export type { RawDelivery } from './raw-delivery.js';
export type { EventReading, SourceEvent, EventOrigin } from './source-event.js';
export type { OpenableDelivery, StoredDelivery, WebhookSource } from './webhook-source.js';
export type { AccountSecrets, ConfiguredSource, SecretResolver } from './configured-source.js';
export {
  feedsToken,
  INBOX_DATABASE,
  INBOX_STORE,
  MODULE_OPTIONS,
  PUBLIC_URL,
  RESOLVED_OPTIONS,
  sourceOptionsToken,
  SOURCES,
  TRACING,
  webhookSourceToken,
} from './tokens.js';
export { bodyIdentity, invalidIdentity } from './event-identity.js';
export { SourceDecisions } from './source.decisions.js';
export type { SourceDecisionOptions } from './source.decisions.js';
export { escapedPart, joinedParts } from './joined-parts.js';
export { FINGERPRINT_LENGTH, fingerprintOf } from './fingerprint.js';
export { hmacSha256Hex, hmacSha256Shape, verifyHmacSha256 } from './hmac.signature.js';
export { readInstant } from './instant.js';
export { isJsonObject, readJsonEnvelope, unreadable } from './json-envelope.js';
export type { JsonEnvelope, JsonObject } from './json-envelope.js';
export { payloadInstance, payloadProblems, ruledFields } from './payload-instance.js';
export type { PayloadClass } from './payload-instance.js';
export { isPlainText } from './plain-text.js';
export { Aborter, type Abortable } from './abortable.js';
export { untilAborted } from './until-aborted.js';
export { cutText, LONGEST_ERROR } from './cut-text.js';
export { Semaphore } from './semaphore.js';
export { undocumentedEvent, undocumentedField } from './undocumented.js';
export type { UndocumentedEventName } from './undocumented.js';
export { nearest } from './nearest.js';
export { isListOf, isPlainUrl, isText, PLAIN_URL, secretProblem } from './option.values.js';
export { isObject, optionPaths, readOptions } from './option.reader.js';
export { described, flag, func, group, number, rule } from './option.rules.js';
export type {
  NumberBounds,
  OptionGroup,
  OptionRule,
  OptionRules,
  ReadOptions,
  RulesOf,
} from './option.rules.js';
