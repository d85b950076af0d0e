import { hash } from 'node:crypto';
import { LONGEST_ERROR, type EventOrigin, type SourceEvent } from '../core/index.js';
import { select, type Row } from '../database/index.js';
import type { ClaimedRow } from './claimed.row.js';
import type { NewInboxRow } from './intake.store.js';
import type {
  EndReason,
  EventSummary,
  StoredAttempt,
  StoredEvent,
  StoredState,
} from './stored.event.js';
import { storableName, storableText } from './stored.text.js';
import { attemptTable, inboxTable, LENGTHS } from './table.definitions.js';

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
  readonly traceContext: string | null;
  readonly event: SourceEvent | undefined;
}

/** 16 bytes that stand for several texts; JSON keeps apart what plain joining would mix up. */
export function hashOf(...texts: readonly string[]): Buffer {
  return Buffer.from(hash('sha256', JSON.stringify(texts), 'hex').slice(0, 32), 'hex');
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
    invalid: row.invalid === null ? null : storableText(row.invalid, LONGEST_ERROR),
    traceContext: row.traceContext ?? null,
    event: row.event,
  };
}

export const idOf = (row: Row): string => inboxTable.columns.id.read(row['id']);

export const completedOf = (row: Row): readonly string[] =>
  namesIn(inboxTable.columns.completed_handlers.read(row['completed_handlers']));

const namesIn = (json: string): readonly string[] => JSON.parse(json) as readonly string[];

const base = select(
  inboxTable,
  ...(['id', 'source', 'account', 'event_id', 'name', 'occurred_at', 'order_key'] as const),
  ...(['origin', 'received_at', 'due_at', 'attempts', 'stalled_count'] as const),
  'completed_handlers',
);

const claimed = select(inboxTable, ...base.columns, 'body', 'trace_context');

const summary = select(
  inboxTable,
  ...base.columns,
  ...(['state', 'reason', 'last_error', 'fingerprint', 'finished_at', 'app_release'] as const),
);

const { body } = inboxTable.columns;

const attempt = select(
  attemptTable,
  ...(['attempt', 'handler', 'error', 'failed_at', 'duration', 'app_release'] as const),
);

export const CLAIMED_COLUMNS: readonly string[] = claimed.columns;
export const SUMMARY_COLUMNS: readonly string[] = summary.columns;
export const ATTEMPT_COLUMNS: readonly string[] = attempt.columns;
export const STORED_COLUMNS: readonly string[] = [...summary.columns, 'body'];

const common = (its: ReturnType<typeof base.read>) => ({
  id: its.id,
  source: its.source,
  account: its.account,
  eventId: its.event_id,
  name: its.name,
  occurredAt: its.occurred_at,
  orderKey: its.order_key,
  origin: its.origin as EventOrigin,
  receivedAt: its.received_at,
  dueAt: its.due_at,
  stalledCount: its.stalled_count,
  completedHandlers: namesIn(its.completed_handlers),
});

export function claimedRow(row: Row, token: string): ClaimedRow {
  const its = claimed.read(row);
  // What is claimed is open, and what is open has its body.
  const { body, attempts: attempt, trace_context: traceContext } = its;
  return { ...common(its), token, body: body as Buffer, attempt, traceContext };
}

/** `row` has the column `running` beside the stored ones. */
export function storedEvent(row: Row): StoredEvent {
  return { ...eventSummary(row), body: body.read(row['body']) };
}

/** As `storedEvent`. */
export function eventSummary(row: Row): EventSummary {
  const its = summary.read(row);
  return {
    ...common(its),
    state: Number(row['running']) === 1 ? 'running' : (its.state as StoredState),
    attempts: its.attempts,
    reason: its.reason as EndReason | null,
    lastError: its.last_error,
    fingerprint: its.fingerprint,
    finishedAt: its.finished_at,
    release: its.app_release,
  };
}

export function storedAttempt(row: Row): StoredAttempt {
  const { failed_at: at, app_release: release, ...its } = attempt.read(row);
  return { ...its, at, release };
}
