import {
  bodyIdentity,
  isJsonObject,
  isPlainText,
  payloadProblems,
  readInstant,
  readJsonEnvelope,
  undocumentedField,
  unreadable,
  type PayloadClass,
} from '../../core/index.js';
import type { AnyArmaloEvent } from './armalo.events.js';
import { ARMALO_DATA_CLASSES } from './data-classes.js';

const LONGEST_EVAL_ID = 400;

/** What the bytes say, before the application's options are asked. */
export interface ReadArmaloEvent {
  readonly payload: AnyArmaloEvent;
  readonly identity: string;
  readonly occurredAt: number;
  readonly problems: readonly string[];
}

/**
 * "All events share the same envelope": name, time and data, or it is not one of Armalo's.
 * @throws EnvelopeUnreadableError
 */
export function readArmaloEvent(body: Buffer): ReadArmaloEvent {
  const envelope = readJsonEnvelope(body);
  const { event, timestamp, data } = envelope;
  const occurredAt = readInstant(timestamp);
  if (occurredAt === undefined) throw unreadable('has no `timestamp` that can be read');
  if (!isJsonObject(data)) throw unreadable('has no `data` object');
  const payload = { ...envelope, timestamp: timestamp as string, data } as AnyArmaloEvent;
  const type = dataClass(event);
  return {
    payload,
    identity: ownIdentity(payload, body),
    occurredAt,
    problems: type ? payloadProblems(type, data, 'data') : [],
  };
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
    if (isPlainText(evalId, LONGEST_EVAL_ID)) return `${event}:${evalId}`;
  }
  return bodyIdentity(event, body);
}
