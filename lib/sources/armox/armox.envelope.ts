import {
  bodyIdentity,
  isJsonObject,
  isPlainText,
  payloadProblems,
  readInstant,
  readJsonEnvelope,
  type JsonEnvelope,
  type JsonObject,
} from '../../core/index.js';
import { ARMOX_JOB_STATUSES, type ArmoxEventName } from './armox.constants.js';
import { ARMOX_JOB_CLASSES, type AnyArmoxEvent } from './armox.events.js';
import type { ArmoxJob } from './job.dto.js';

const LONGEST_JOB_ID = 200;
const LONGEST_STATUS = 100;

/** What the bytes say, normalised, before the application's options are asked. */
export interface ReadArmoxEvent {
  readonly name: string;
  readonly payload: AnyArmoxEvent;
  readonly identity: string;
  readonly occurredAt: number | undefined;
  readonly problems: readonly string[];
}

/** @throws EnvelopeUnreadableError */
export function readArmoxEvent(body: Buffer): ReadArmoxEvent {
  const envelope = readJsonEnvelope(body);
  const { event, job } = envelope;
  // Armox may send more than its page shows: a signed event of another kind is kept as it came.
  if (!event.startsWith('job.')) return unnormalised(envelope, body, []);
  if (!isJsonObject(job)) return unnormalised(envelope, body, ['job must be an object']);
  return readJobEvent(envelope, job, body);
}

function unnormalised(envelope: JsonEnvelope, body: Buffer, problems: string[]): ReadArmoxEvent {
  return {
    name: envelope.event,
    payload: envelope,
    identity: bodyIdentity(envelope.event, body),
    occurredAt: undefined,
    problems,
  };
}

function readJobEvent(envelope: JsonEnvelope, sent: JsonObject, body: Buffer): ReadArmoxEvent {
  const status = readStatus(envelope.event, sent['status']);
  const name = routingName(envelope.event, status);
  const output = sent['output_data'] ?? sent['output'] ?? null;
  const job = { ...sent, status, output } as ArmoxJob<string>;
  const soundId = isPlainText(job.id, LONGEST_JOB_ID);
  return {
    name,
    payload: { ...envelope, event: name, job },
    // The status keeps a later event of the same job apart, where the page's job.id would not.
    identity: soundId ? `${job.id}:${status}` : bodyIdentity(name, body),
    occurredAt: readInstant(job.completed_at) ?? readInstant(job.cancelled_at),
    problems: jobProblems(name, job, soundId),
  };
}

function jobProblems(name: string, job: ArmoxJob<string>, soundId: boolean): readonly string[] {
  const type = isArmoxEventName(name) ? ARMOX_JOB_CLASSES[name] : undefined;
  const problems = type ? payloadProblems(type, job, 'job') : [];
  if (soundId || problems.length > 0) return problems;
  return [`job.id must be a text of 1 to ${LONGEST_JOB_ID} printable characters`];
}

/** The job's own status; where there is none, what the event's name says. */
function readStatus(event: string, status: unknown): string {
  const found = isPlainText(status, LONGEST_STATUS) ? status : event.slice('job.'.length);
  return found === 'canceled' ? 'cancelled' : found;
}

/**
 * `job.<status>` for the documented statuses. A status that is not documented keeps the event's own
 * name, unless that names another status: handlers of `job.completed` never see an `expired` job.
 */
function routingName(event: string, status: string): string {
  const byStatus = `job.${status}`;
  return isArmoxEventName(byStatus) || isArmoxEventName(event) ? byStatus : event;
}

function isArmoxEventName(name: string): name is ArmoxEventName {
  return ARMOX_JOB_STATUSES.some((status) => name === `job.${status}`);
}
