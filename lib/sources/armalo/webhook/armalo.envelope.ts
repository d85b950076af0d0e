import {
  bodyIdentity,
  escapedPart,
  invalidIdentity,
  isJsonObject,
  isPlainText,
  payloadProblems,
  readInstant,
  readJsonEnvelope,
  undocumentedField,
  type EventReading,
  type JsonEnvelope,
} from '../../../core/index.js';
import { ARMALO_EVENT_NAMES, type ArmaloEventName } from '../armalo.constants.js';
import type { AnyArmaloEvent } from './armalo.events.js';
import { ARMALO_DATA_CLASSES } from './event-data.js';

const LONGEST_EVAL_ID = 400;

/** What the bytes say, before the application's options are asked. */
export interface ReadArmaloEvent extends EventReading<AnyArmaloEvent> {
  readonly occurredAt: number | undefined;
}

/**
 * "All events share the same envelope": name, time and data. A documented event without them has problems;
 * one that nobody documents comes as it is.
 * @throws EnvelopeUnreadableError
 */
export function readArmaloEvent(body: Buffer): ReadArmaloEvent {
  const envelope = readJsonEnvelope(body);
  const occurredAt = readInstant(envelope['timestamp']);
  const payload = normalised(envelope, occurredAt);
  return { payload, occurredAt, problems: problemsOf(envelope, occurredAt) };
}

/** Asked when the event is stored, and never again. */
export function armaloIdentity({ payload, problems }: ReadArmaloEvent, body: Buffer): string {
  return problems.length > 0 ? invalidIdentity(payload.event, body) : ownIdentity(payload, body);
}

/** An epoch number reads as ISO 8601, as handlers know it; nobody has to ask whether there is `data`. */
function normalised(envelope: JsonEnvelope, occurredAt: number | undefined): AnyArmaloEvent {
  const { timestamp, data } = envelope;
  const isIso = typeof timestamp === 'string' && !/^[\d.]+$/.test(timestamp);
  return {
    ...envelope,
    ...(occurredAt !== undefined && !isIso && { timestamp: new Date(occurredAt).toISOString() }),
    data: data ?? {},
  };
}

function problemsOf(
  { event, data }: JsonEnvelope,
  occurredAt: number | undefined,
): readonly string[] {
  if (!isArmaloEventName(event)) return [];
  const problems = dataProblems(event, data);
  if (occurredAt !== undefined) return problems;
  return ['timestamp must be an ISO 8601 text or an epoch number', ...problems];
}

function dataProblems(event: ArmaloEventName, data: unknown): readonly string[] {
  if (!isJsonObject(data)) return ['data must be an object'];
  const type = ARMALO_DATA_CLASSES[event];
  return type ? payloadProblems(type, data, 'data') : [];
}

function isArmaloEventName(event: string): event is ArmaloEventName {
  return ARMALO_EVENT_NAMES.some((name) => name === event);
}

/**
 * No event carries an id. An evaluation ends once, and the API shows its id too; anything else is
 * told by its bytes, whose millisecond timestamp keeps equal facts at different times apart
 * (docs/contract.md#armalo-open-points).
 */
function ownIdentity({ event, data }: AnyArmaloEvent, body: Buffer): string {
  if (event === 'eval.completed' || event === 'eval.failed') {
    const evalId = data.evalId ?? undocumentedField(data, 'id');
    if (isPlainText(evalId, LONGEST_EVAL_ID)) return `${event}:${escapedPart(evalId)}`;
  }
  return bodyIdentity(event, body);
}
