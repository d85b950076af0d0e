import { createHash } from 'node:crypto';
import type { SourceEvent, EventOrigin } from '../core/index.js';
import type { Row } from '../database/index.js';
import type { ClaimedRow } from './claimed.row.js';
import type { NewInboxRow } from './intake.store.js';
import type { EndReason, StoredAttempt, StoredEvent, StoredState } from './stored.event.js';
import { ERROR_BYTES, storableName, storableText } from './stored.text.js';

/** Lengths of the text columns, in characters. */
export const LENGTHS = {
  source: 64,
  account: 191,
  eventId: 255,
  name: 191,
  orderKey: 255,
} as const;

/** A row as it goes into the table: names bounded, hashes made. */
export interface PreparedRow {
  readonly identity: Buffer;
  /** `identity` in hexadecimal, for maps. */
  readonly key: string;
  readonly source: string;
  readonly account: string;
  readonly eventId: string;
  readonly name: string;
  readonly occurredAt: number | null;
  readonly orderKey: string | null;
  readonly orderHash: Buffer | null;
  readonly origin: EventOrigin;
  readonly body: Buffer;
  /** What is wrong with the payload; such a row is born dead, and out of its key's order. */
  readonly invalid: string | null;
  readonly event: SourceEvent | undefined;
}

/** 16 bytes that stand for several texts; JSON keeps apart what plain joining would mix up. */
export function hashOf(...texts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(texts)).digest().subarray(0, 16);
}

export function preparedRow(row: NewInboxRow): PreparedRow {
  const identity = hashOf(row.source, row.account, row.eventId);
  return {
    identity,
    key: identity.toString('hex'),
    source: storableName(row.source, LENGTHS.source),
    account: storableName(row.account, LENGTHS.account),
    eventId: storableName(row.eventId, LENGTHS.eventId),
    name: storableName(row.name, LENGTHS.name),
    occurredAt: row.occurredAt === null ? null : Math.round(row.occurredAt),
    orderKey: row.orderKey === null ? null : storableName(row.orderKey, LENGTHS.orderKey),
    orderHash: row.orderKey === null ? null : hashOf(row.source, row.account, row.orderKey),
    origin: row.origin,
    body: row.body,
    invalid: row.invalid === null ? null : storableText(row.invalid, ERROR_BYTES),
    event: row.event,
  };
}

/** Drivers give bytes as Buffer, Uint8Array or ArrayBuffer. */
export function bytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  const view = value as Uint8Array;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));
const textOrNull = (value: unknown): string | null => (value == null ? null : text(value));
const numberOrNull = (value: unknown): number | null => (value == null ? null : Number(value));

export const idOf = (row: Row): string => text(row['id']);

export const completedOf = (row: Row): readonly string[] =>
  JSON.parse(text(row['completed_handlers'])) as readonly string[];

export const CLAIMED_COLUMNS: readonly string[] = [
  ...['id', 'source', 'account', 'event_id', 'name', 'occurred_at', 'order_key', 'origin', 'body'],
  ...['received_at', 'due_at', 'attempts', 'stalled_count', 'completed_handlers'],
];

function common(row: Row) {
  return {
    id: idOf(row),
    source: text(row['source']),
    account: text(row['account']),
    eventId: text(row['event_id']),
    name: text(row['name']),
    occurredAt: numberOrNull(row['occurred_at']),
    orderKey: textOrNull(row['order_key']),
    origin: text(row['origin']) as EventOrigin,
    receivedAt: Number(row['received_at']),
    stalledCount: Number(row['stalled_count']),
    completedHandlers: completedOf(row),
  };
}

export function claimedRow(row: Row, token: string): ClaimedRow {
  return {
    ...common(row),
    token,
    body: bytes(row['body']),
    attempt: Number(row['attempts']),
  };
}

export const STORED_COLUMNS: readonly string[] = [
  ...CLAIMED_COLUMNS,
  ...['state', 'lease_until', 'reason', 'last_error', 'finished_at'],
];

/** `row` has the column `running` beside the stored ones. */
export function storedEvent(row: Row): StoredEvent {
  return {
    ...common(row),
    state: Number(row['running']) === 1 ? 'running' : (text(row['state']) as StoredState),
    attempts: Number(row['attempts']),
    dueAt: Number(row['due_at']),
    reason: textOrNull(row['reason']) as EndReason | null,
    lastError: textOrNull(row['last_error']),
    finishedAt: numberOrNull(row['finished_at']),
    body: row['body'] == null ? null : bytes(row['body']),
  };
}

export function storedAttempt(row: Row): StoredAttempt {
  return {
    attempt: Number(row['attempt']),
    handler: text(row['handler']),
    error: text(row['error']),
    at: Number(row['failed_at']),
    duration: Number(row['duration']),
  };
}
