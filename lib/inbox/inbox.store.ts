import type { EntityManager } from 'typeorm';
import type { DeadEvent, DeadReason, SourceEvent, EventOrigin } from '../core/index.js';

/**
 * `open` with a lease ahead reads as *running*, without one as *pending*: running is not stored, so
 * that a claim changes no indexed column.
 */
export type StoredState = 'open' | 'waiting' | 'done' | 'ignored' | 'dead';

/** Why an event is `dead` or `ignored`. */
export type EndReason = DeadReason | 'no-handler' | 'reconciled' | 'stale';

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
  /** What it was made from, for the hooks of its source. */
  readonly event?: SourceEvent | undefined;
}

export interface InsertResult {
  /** Surrogate key of the row, the older one's for a duplicate. A decimal string: 64 bits do not fit a number. */
  readonly id: string;
  readonly outcome: 'stored' | 'duplicate';
}

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
  /** 1 for the first; counted at the claim, so that a payload that kills the process is not retried for ever. */
  readonly attempt: number;
  /** Times that the process died, or stood still beyond the lease, while it ran this event and nothing else. */
  readonly stalledCount: number;
  /** Names of the handlers that have succeeded. */
  readonly completedHandlers: readonly string[];
}

/** What a claim leaves out: the events of a source, or only those with one of these names. */
export interface ClaimException {
  readonly source: string;
  readonly names?: readonly string[];
}

/** How the event of a dead process is taken up again. */
export interface Recovery {
  readonly leaseMs: number;
  /** So many stalls, and the event is `dead`. */
  readonly maxStalledCount: number;
  /**
   * Whether the event will run with nothing beside it in its process, so that its death then is counted.
   * One that would run beside others is taken at once after its first attempt; after each further one it
   * waits a lease longer, at most 10 in all, for a process that can run it alone.
   */
  readonly alone: boolean;
  /** Ids that this process has itself; whatever their lease is, they are not stalled. */
  readonly held: ReadonlySet<string>;
}

/** Milliseconds; 0 = now, or earlier. */
export interface Outlook {
  /** Until the next pending row is due; undefined = none is pending. */
  readonly dueIn: number | undefined;
  /** Until a lease is over that is not extended; undefined = there is no lease. */
  readonly leaseOverIn: number | undefined;
}

/** A handler's failed try, or that it was skipped, as it goes into the attempt table. */
export interface FailedAttempt {
  readonly handler: string;
  readonly error: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** What a replica tells the others of one of its handlers. */
export interface PublishedHandler {
  /** Stable name: it tells whether an event has passed the handler, whichever replica ran it. */
  readonly name: string;
  readonly source: string;
  readonly patterns: readonly string[];
}

/** A process that runs a worker now. */
export interface Replica {
  readonly id: string;
  readonly handlers: readonly PublishedHandler[];
}

/** What becomes of a claimed row. Refused (and so without effect) when the lease has gone to somebody else. */
export type Settlement = Lease & {
  readonly completedHandlers: readonly string[];
  readonly attempt: number;
  readonly failures: readonly FailedAttempt[];
} & (
    | { readonly to: 'done' }
    | { readonly to: 'ignored'; readonly reason: EndReason }
    | {
        readonly to: 'dead';
        readonly reason: DeadReason;
        readonly error: string;
        /** The one that decided it. */
        readonly handler?: string;
      }
    | ({ readonly to: 'retry'; readonly error: string } & Wait)
    /** Open again, and this attempt does not count. */
    | ({ readonly to: 'postponed'; readonly error?: string } & Wait)
  );

/** Events by the ids that their source gives them. */
export interface LaterEvents {
  readonly source: string;
  readonly account: string;
  readonly eventIds: readonly string[];
}

/** When an event that goes on is due again. */
export interface Wait {
  readonly inMs: number;
  /**
   * What makes the event stale: where one of these is stored it is due at once instead, as that one may
   * wait behind it. Absent = nothing does.
   */
  readonly supersededBy?: LaterEvents;
}

/**
 * What a transactional run came to. `already`: a previous commit holds the handler's mark. `stuck`: it
 * could not be ended, so the row is still locked and nothing can be written to it for now.
 */
export type TransactionalOutcome = 'committed' | 'already' | 'lease-lost' | 'stuck';

/** What bounds a transactional run. */
export interface HandlerTurn {
  /**
   * Its abort ends the run wherever it is: a wait for a connection is given up, a statement under way is
   * cancelled, and all is rolled back.
   */
  readonly signal: AbortSignal;
  /** Called with the wait for a connection of the application's pool, which may last. */
  readonly connecting: <T>(connect: () => Promise<T>) => Promise<T>;
}

export interface StoredEvent extends Omit<ClaimedRow, 'token' | 'attempt' | 'body'> {
  readonly state: StoredState | 'running';
  readonly attempts: number;
  readonly dueAt: number;
  readonly reason: EndReason | null;
  readonly lastError: string | null;
  readonly finishedAt: number | null;
  /** Null once the payload's retention is over. */
  readonly body: Buffer | null;
}

export interface StoredAttempt extends FailedAttempt {
  readonly attempt: number;
  readonly at: number;
}

export interface EventFilter {
  readonly id?: string;
  readonly source?: string;
  readonly account?: string;
  readonly eventId?: string;
  readonly name?: string;
  readonly state?: StoredState;
}

type WithCondition = {
  [Condition in keyof EventFilter]-?: EventFilter & Required<Pick<EventFilter, Condition>>;
}[keyof EventFilter];

/** Which final events to replay: at least one condition, or `{ all: true }`. */
export type ReplayFilter = (WithCondition & { readonly all?: never }) | { readonly all: true };

export interface RetentionPeriods {
  /** Milliseconds after which the payload of a done or ignored row is dropped. */
  readonly payload: number;
  /** Milliseconds after which a done or ignored row, and with it deduplication, goes. */
  readonly row: number;
  /** Milliseconds after which a dead row goes; null = kept until it is resolved. */
  readonly dead: number | null;
}

/**
 * The durable inbox's storage. One implementation per database, all of them held to one suite
 * (`test/inbox/store-suite.ts`). Every time is the database's own. Every change of a claimed row
 * names its fencing token.
 */
export interface InboxStore {
  /** Milliseconds within which an insert must be committed. Default 5000. */
  readonly ingestTimeout?: number;
  /**
   * Whether the caller runs inside a transaction that `insert` becomes part of (a transactional handler
   * on SQLite): such an insert must not wait for other callers' inserts, which wait for that transaction.
   */
  joins?(): boolean;
  /** One transaction, one commit; results in the order of `rows`. A duplicate changes nothing. */
  insert(rows: readonly NewInboxRow[]): Promise<readonly InsertResult[]>;
  /** Up to `limit` rows that are due and whose lease is nobody's, oldest due first; counts their attempt. */
  claim(
    limit: number,
    leaseMs: number,
    except?: readonly ClaimException[],
  ): Promise<readonly ClaimedRow[]>;
  /**
   * One row whose lease ran out without a settle, and that nobody has locked: its process died, or was
   * paused for longer. Those of the fewest attempts come first. Counts the attempt, and a death only where that event ran alone; at `maxStalledCount`
   * the row goes to `dead`, reason `killed-process`, and the next one is taken. Waits for nobody's lock.
   */
  claimStalled(rescue: Recovery): Promise<ClaimedRow | undefined>;
  /**
   * Before anything else begins to run in the process of a row that was claimed `alone`: if the process
   * dies from now on, that is no death of this event. Works while a handler has the row locked.
   */
  noLongerAlone(lease: Lease): Promise<void>;
  /** What there will be to claim, in one statement. */
  outlook(): Promise<Outlook>;
  /**
   * Extends the leases, and never waits for a locked row.
   * @returns the ids whose lease is still the given one (extended, or locked by their own handler)
   */
  heartbeat(leases: readonly Lease[], leaseMs: number): Promise<ReadonlySet<string>>;
  /** One transaction, one commit. @returns the ids that were refused since their lease had gone */
  settle(settlements: readonly Settlement[]): Promise<ReadonlySet<string>>;
  /** Marks one non-transactional handler as done. @returns false when the lease has gone */
  markCompleted(lease: Lease, handler: string): Promise<boolean>;
  /**
   * The id of the newest event of the same ordering key that is newer than this one by the sender's own
   * time and that `handler` has applied; undefined where there is none, or the event has no ordering
   * key or no such time. Reliable while the event is leased, since a key's events run one at a time.
   */
  newerApplied(id: string, handler: string): Promise<string | undefined>;
  /** The row of one of these events, whatever has become of it; undefined where none is stored. */
  firstStored(events: LaterEvents): Promise<string | undefined>;
  /**
   * Runs `work` in a transaction that holds the row by id and token; its writes, the handler's mark
   * and a fresh lease are one commit. Errors of `work` roll everything back and come out as they are.
   * @param turn default: without a bound
   * @throws EventHandlerTimeoutError when the turn ended before there was a connection; EventHandlerError when
   * `work` has ended its own transaction, or left a nested one open
   */
  runTransactional(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    turn?: HandlerTurn,
  ): Promise<TransactionalOutcome>;
  /** Graceful shutdown: the rows are pending again at once, with their attempt given back. */
  release(leases: readonly Lease[]): Promise<void>;
  /** Opens the heads of ordering keys that no open row holds: what a crash between two commits left. */
  sweepWaiting(): Promise<number>;
  /**
   * Final rows back to pending: attempts and stalls start again, the completed handlers stay unless `rerunAll`.
   * @throws InboxFilterError for a filter without a condition, or with one that is undefined
   */
  replay(filter: ReplayFilter, options?: { readonly rerunAll?: boolean }): Promise<number>;
  /** One bounded batch. @returns how many rows it changed; call again until 0 */
  prune(periods: RetentionPeriods, batch: number): Promise<number>;
  find(filter: EventFilter): Promise<StoredEvent | undefined>;
  list(filter: EventFilter, limit: number): Promise<readonly StoredEvent[]>;
  attempts(id: string): Promise<readonly StoredAttempt[]>;
  /** Rows by source and state (with `running` told from `open`). */
  counts(): Promise<readonly { source: string; state: StoredState | 'running'; count: number }[]>;
  /** Rows that break the invariant: neither claimable, leased, final nor waiting behind one that is. */
  violations(): Promise<readonly { id: string; problem: string }[]>;
  /** Takes or renews a named lease for one holder among all replicas. @returns whether it is held */
  holdLeaderLock(name: string, owner: string, ms: number): Promise<boolean>;
  /**
   * Calls `listener` soon after rows that this process has ended as dead are committed: by a settle, by
   * `claimSuspect`, or at the insert. Best effort: not where the answer to the commit was lost.
   * @returns how to stop it
   */
  onDead(listener: (dead: readonly DeadEvent[]) => void): () => void;
  /**
   * Makes this replica's handlers known to the others for `ms` milliseconds; called again before they
   * are over for as long as it runs a worker.
   */
  publishHandlers(
    replica: string,
    handlers: readonly PublishedHandler[],
    ms: number,
  ): Promise<void>;
  /** This replica runs no handlers any more. */
  withdrawHandlers(replica: string): Promise<void>;
  /** The replicas other than this one that run a worker now, with their handlers. */
  otherReplicas(replica: string): Promise<readonly Replica[]>;
  /** Calls `wake` when another process has stored something, where the database can tell. @returns how to stop */
  listen(wake: () => void): Promise<() => Promise<void>>;
}
