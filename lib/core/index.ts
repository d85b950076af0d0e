export { systemClock, systemRandom } from './clock.js';
export type { Clock, Random } from './clock.js';
export {
  ArmoxArmaloError,
  ConfigurationError,
  EnvelopeUnreadableError,
  HandlerError,
  HandlerTimeoutError,
  NotTransactionalError,
  RawBodyUnavailableError,
  RejectEventError,
  ReplayFilterError,
  RetryLaterError,
  SchemaError,
  StoreUnavailableError,
} from './errors.js';
export type { Feed } from './feed.js';
export type { RawDelivery } from './raw-delivery.js';
export type { SourceEvent, Via } from './source-event.js';
export type { OpenableDelivery, WebhookSource } from './webhook-source.js';
export type { ConfiguredSource, SecretResolver } from './configured-source.js';
export { INBOX_STORE, MODULE_OPTIONS, RESOLVED_OPTIONS, SOURCES } from './tokens.js';
export { bodyIdentity, identityOf } from './event-identity.js';
export type { SourceOptions } from './event-identity.js';
export { hmacSha256Hex, verifyHmacSha256 } from './hmac.signature.js';
export { readInstant } from './instant.js';
export { isJsonObject, readJsonEnvelope, unreadable } from './json-envelope.js';
export type { JsonEnvelope, JsonObject } from './json-envelope.js';
export { payloadProblems } from './payload-check.js';
export type { PayloadClass } from './payload-check.js';
export { isPlainText } from './plain-text.js';
