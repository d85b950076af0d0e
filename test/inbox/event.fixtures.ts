import { randomUUID } from 'node:crypto';
import type { ClaimedRow, NewInboxRow, Settlement } from '../../lib/inbox/index.js';

export const LEASE = 30_000;

export function event(changed: Partial<NewInboxRow> = {}): NewInboxRow {
  return {
    source: 'armalo',
    account: '',
    eventId: randomUUID(),
    name: 'pact.violated',
    occurredAt: null,
    orderKey: null,
    origin: 'webhook',
    body: Buffer.from('{"event":"pact.violated"}'),
    invalid: null,
    ...changed,
  };
}

type Outcome =
  | { to: 'done' }
  | { to: 'ignored'; reason: 'no-handler' }
  | { to: 'dead'; reason: 'rejected'; error: string }
  | { to: 'retry'; inMs: number; error: string }
  | { to: 'postponed'; inMs: number };

export function settlement(
  row: ClaimedRow,
  outcome: Outcome,
  more: Partial<Pick<Settlement, 'completedHandlers' | 'failures'>> = {},
): Settlement {
  const { id, token, completedHandlers: handled, attempt } = row;
  return { id, token, completedHandlers: handled, attempt, failures: [], ...outcome, ...more };
}
