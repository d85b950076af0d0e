import type { ClaimedRow, StoredAttempt, StoredEvent } from '../../lib/inbox/index.js';

/** A row of the store in memory. */
export interface Row extends Omit<
  ClaimedRow,
  'token' | 'attempt' | 'stalledCount' | 'completedHandlers' | 'source' | 'body'
> {
  source: string;
  body: Buffer;
  state: 'open' | 'done' | 'ignored' | 'dead';
  token: string | null;
  leaseUntil: number;
  dueAt: number;
  attempt: number;
  stalledCount: number;
  completedHandlers: string[];
  reason: string | null;
  lastError: string | null;
  attempts: StoredAttempt[];
  finishedAt: number | null;
}

export function openRow(id: string, now: number): Row {
  return {
    id,
    source: 'armalo',
    account: '',
    eventId: `event-${id}`,
    name: 'escrow.created',
    occurredAt: null,
    orderKey: null,
    origin: 'webhook',
    body: Buffer.from('{}'),
    receivedAt: 0,
    traceContext: null,
    state: 'open',
    token: null,
    leaseUntil: 0,
    dueAt: now,
    attempt: 0,
    stalledCount: 0,
    completedHandlers: [],
    reason: null,
    lastError: null,
    attempts: [],
    finishedAt: null,
  };
}

export function storedEvent(row: Row, now: number): StoredEvent {
  const { attempt, body, state, ...rest } = row;
  return {
    ...rest,
    body,
    fingerprint: null,
    release: null,
    reason: row.reason as StoredEvent['reason'],
    attempts: attempt,
    state: row.token !== null && row.leaseUntil > now ? 'running' : state,
  };
}
