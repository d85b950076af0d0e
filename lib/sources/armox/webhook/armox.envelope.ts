import {
  bodyIdentity,
  invalidIdentity,
  isJsonObject,
  isPlainText,
  payloadProblems,
  readInstant,
  readJsonEnvelope,
  type JsonEnvelope,
  type JsonObject,
} from '../../../core/index.js';
import { ARMOX_JOB_STATUSES, type ArmoxEventName } from '../armox.constants.js';
import type { AnyArmoxEvent } from './armox.events.js';
import { normalJobStatus } from '../jobs/armox.job-status.js';
import { ArmoxJob } from './job.dto.js';
import { jobIdentity } from './job.order.js';
import { readOutput } from './job.output.js';

const LONGEST_JOB_ID = 200;
const LONGEST_STATUS = 100;

/** What the bytes say, normalised, before the application's options are asked. */
export interface ReadArmoxEvent {
  readonly name: string;
  readonly payload: AnyArmoxEvent;
  readonly identity: string;
  /** The job that a sound event tells of. */
  readonly job: { readonly id: string; readonly status: string } | undefined;
  readonly occurredAt: number | undefined;
  readonly problems: readonly string[];
}

/**
 * @param storedName what the event was named when it came; default: what the bytes say
 * @throws EnvelopeUnreadableError
 */
export function readArmoxEvent(body: Buffer, storedName?: string): ReadArmoxEvent {
  const envelope = readJsonEnvelope(body);
  const { event, job } = envelope;
  // Armox may send more than its page shows: a signed event of another kind is kept as it came.
  if (event.startsWith('job.') && isJsonObject(job)) {
    return readJobEvent(envelope, job, body, storedName);
  }
  const name = storedName ?? normalName(event);
  return isArmoxEventName(name)
    ? withoutJob(envelope, name, invalidIdentity(name, body), ['job must be an object'])
    : withoutJob(envelope, name, bodyIdentity(name, body), []);
}

function withoutJob(
  envelope: JsonEnvelope,
  name: string,
  identity: string,
  problems: readonly string[],
): ReadArmoxEvent {
  const payload = { ...envelope, event: name };
  return { name, payload, identity, job: undefined, occurredAt: undefined, problems };
}

function readJobEvent(
  envelope: JsonEnvelope,
  sent: JsonObject,
  body: Buffer,
  storedName: string | undefined,
): ReadArmoxEvent {
  const status = readStatus(envelope.event, sent['status']);
  const name = storedName ?? routingName(envelope.event, status);
  const job = normalised(sent, status);
  const problems = jobProblems(name, job);
  const isTold = problems.length === 0 && isPlainText(job.id, LONGEST_JOB_ID);
  const ofBytes = problems.length === 0 ? bodyIdentity : invalidIdentity;
  return {
    name,
    payload: { ...envelope, event: name, job },
    identity: isTold ? jobIdentity(job.id, status) : ofBytes(name, body),
    job: isTold ? { id: job.id, status } : undefined,
    occurredAt: readInstant(job.completed_at) ?? readInstant(job.cancelled_at),
    problems,
  };
}

/** The result under one name; an id, or an end, that came as a number as its text. */
function normalised(sent: JsonObject, status: string): ArmoxJob<string> {
  const { id, completed_at: completedAt } = sent;
  const endedAt = typeof completedAt === 'number' ? readInstant(completedAt) : undefined;
  return {
    ...sent,
    ...(typeof id === 'number' && { id: String(id) }),
    ...(endedAt !== undefined && { completed_at: new Date(endedAt).toISOString() }),
    status,
    output: readOutput(sent, status),
  } as ArmoxJob<string>;
}

function jobProblems(name: string, job: ArmoxJob<string>): readonly string[] {
  if (!isArmoxEventName(name)) return [];
  const problems = payloadProblems(ArmoxJob, job, 'job');
  if (isPlainText(job.id, LONGEST_JOB_ID) || problems.length > 0) return problems;
  return [`job.id must be a text of 1 to ${LONGEST_JOB_ID} printable characters`];
}

/** The job's own status; where there is none, what the event's name says. */
function readStatus(event: string, status: unknown): string {
  return normalJobStatus(isPlainText(status, LONGEST_STATUS) ? status : event.slice('job.'.length));
}

/**
 * `job.<status>` for the documented statuses. A status that is not documented keeps the event's own
 * name, unless that names another status: handlers of `job.completed` never see an `expired` job
 * (docs/contract.md#armox-open-points).
 */
function routingName(event: string, status: string): string {
  const byStatus = `job.${status}`;
  return isArmoxEventName(byStatus) || isArmoxEventName(event) ? byStatus : event;
}

const normalName = (event: string): string => (event === 'job.canceled' ? 'job.cancelled' : event);

function isArmoxEventName(name: string): name is ArmoxEventName {
  return ARMOX_JOB_STATUSES.some((status) => name === `job.${status}`);
}
