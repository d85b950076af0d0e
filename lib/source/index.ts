/*
 * For those who write a source of their own: `forRoot({ sources: [parcels({ … })] })`. Armox and Armalo
 * are written with the same names; docs/architecture.md#sources tells what each part is for.
 */
export type { Made, SourceDefinition, SourceOptions } from '../source-definition/index.js';
export {
  bodyIdentity,
  EnvelopeUnreadableError,
  flag,
  func,
  group,
  hmacSha256Shape,
  INBOX_DATABASE,
  invalidIdentity,
  isJsonObject,
  number,
  readInstant,
  readJsonEnvelope,
  rule,
  SourceDecisions,
  sourceOptionsToken,
  verifyHmacSha256,
  webhookSourceToken,
} from '../core/index.js';
export type {
  EventFeed,
  WatchedSubject,
  EventOrigin,
  EventReading,
  JsonEnvelope,
  JsonObject,
  NumberBounds,
  OpenableDelivery,
  OptionGroup,
  OptionRule,
  OptionRules,
  SourceDecisionOptions,
  SourceEvent,
  StoredDelivery,
  WebhookSource,
} from '../core/index.js';
export { createEventDecorator } from '../handlers/index.js';
export type { EventDecorator, HandlerMethodDecorator } from '../handlers/index.js';
export {
  column,
  defineTable,
  join,
  only,
  optional,
  primary,
  raw,
  select,
  sql,
  startingAt,
} from '../database/index.js';
export type {
  Column,
  Columns,
  IndexDefinition,
  Row,
  Sql,
  TableDefinition,
  Unit,
} from '../database/index.js';
export { hashOf } from '../inbox/index.js';
export type { InboxDatabase, InsertHook, JustStored } from '../inbox/index.js';
export { EventPipe, SignatureGuard } from '../ingress/index.js';
