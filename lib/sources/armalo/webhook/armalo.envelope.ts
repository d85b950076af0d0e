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
  type PayloadClass,
} from '../../../core/index.js';
import type { AnyArmaloEvent } from './armalo.events.js';
import { ARMALO_DATA_CLASSES } from './data-classes.js';

const LONGEST_EVAL_ID = 400;

/** What the bytes say, before the application's options are asked. */
export interface ReadArmaloEvent extends EventReading<AnyArmaloEvent> {
  readonly identity: string;
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
  const problems = problemsOf(envelope, occurredAt);
  const identity =
    problems.length > 0 ? invalidIdentity(payload.event, body) : ownIdentity(payload, body);
  return { payload, identity, occurredAt, problems };
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
  const type = dataClass(event);
  if (!type) return [];
  const problems = isJsonObject(data)
    ? payloadProblems(type, data, 'data')
    : ['data must be an object'];
  if (occurredAt !== undefined) return problems;
  return ['timestamp must be an ISO 8601 text or an epoch number', ...problems];
}

function dataClass(event: string): PayloadClass | undefined {
  const classes: Readonly<Record<string, PayloadClass>> = ARMALO_DATA_CLASSES;
  return Object.hasOwn(classes, event) ? classes[event] : undefined;
}

/**
 * No event carries an id. An evaluation ends once, and the API shows its id too; anything else is
 * told by its bytes, whose millisecond timestamp keeps equal facts at different times apart.
 */
function ownIdentity({ event, data }: AnyArmaloEvent, body: Buffer): string {
  if (event === 'eval.completed' || event === 'eval.failed') {
    const evalId = data.evalId ?? undocumentedField(data, 'id');
    if (isPlainText(evalId, LONGEST_EVAL_ID)) return `${event}:${escapedPart(evalId)}`;
  }
  return bodyIdentity(event, body);
}
