import type { EventOrigin, SourceEvent } from '../core/index.js';

/** A row to be. */
export interface NewInboxRow {
  readonly source: string;
  readonly account: string;
  readonly eventId: string;
  readonly name: string;
  readonly occurredAt: number | null;
  readonly orderKey: string | null;
  readonly origin: EventOrigin;
  readonly body: Buffer;
  /** Set for a payload that is not of its DTO's shape: the row is born dead. */
  readonly invalid: string | null;
  /** Of the trace that it arrives in: see `Tracing`. Absent = none. */
  readonly traceContext?: string | undefined;
  /** What it was made from, for the hooks of its source. */
  readonly event?: SourceEvent | undefined;
}

export interface InsertResult {
  /** Surrogate key of the row, the older one's for a duplicate. A decimal string: 64 bits do not fit a number. */
  readonly id: string;
  readonly outcome: 'stored' | 'duplicate';
}

/** What the way in needs of the storage. Every time is the database's own. */
export interface IntakeStore {
  /** Milliseconds within which an insert must be committed. */
  readonly ingestTimeout: number;
  /**
   * Whether the caller runs inside a transaction that `insert` becomes part of (a transactional handler
   * on SQLite): such an insert must not wait for other callers' inserts, which wait for that transaction.
   */
  joins(): boolean;
  /** One transaction, one commit; results in the order of `rows`. A duplicate changes nothing. */
  insert(rows: readonly NewInboxRow[]): Promise<readonly InsertResult[]>;
}
