import type { EventOrigin } from '../core/index.js';

/** A row's id with the fencing token of the claim that holds it. */
export interface Lease {
  readonly id: string;
  /** 32 hex characters, fresh for every claim. */
  readonly token: string;
}

/** A row that this process may run until its lease ends. Times are the database's, in epoch milliseconds. */
export interface ClaimedRow extends Lease {
  readonly source: string;
  readonly account: string;
  readonly eventId: string;
  readonly name: string;
  readonly occurredAt: number | null;
  readonly orderKey: string | null;
  readonly origin: EventOrigin;
  readonly body: Buffer;
  readonly receivedAt: number;
  /** Since when it could be claimed. */
  readonly dueAt: number;
  /** 1 for the first; counted at the claim, so that a payload that kills the process is not retried for ever. */
  readonly attempt: number;
  /** Times that the process died, or stood still beyond the lease, while it ran this event and nothing else. */
  readonly stalledCount: number;
  /** Of the trace that it arrived in; null = none. */
  readonly traceContext: string | null;
  /** Names of the handlers that have succeeded. */
  readonly completedHandlers: readonly string[];
}

/** A handler's failed try, or that it was skipped, as it goes into the attempt table. */
export interface FailedAttempt {
  readonly handler: string;
  readonly error: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** Events by the ids that their source gives them. */
export interface LaterEvents {
  readonly source: string;
  readonly account: string;
  readonly eventIds: readonly string[];
}
