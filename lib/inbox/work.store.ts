import type { EntityManager } from 'typeorm';
import type { DeadEvent } from '../core/index.js';
import type { HandlerTurn } from '../database/index.js';
import type { ClaimedRow, LaterEvents, Lease } from './claimed.row.js';
import type { Settlement } from './settlement.js';

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

/** One event's part in a transaction of several. */
export interface TransactionalPart {
  readonly lease: Lease;
  work(this: void, manager: EntityManager): Promise<void>;
  readonly ends?: Ends | undefined;
}

export type Ends = () => readonly string[] | undefined;

export interface TransactionalOptions {
  /** Default: without a bound. */
  readonly turn?: HandlerTurn;
  /**
   * Asked when `work` has resolved: the names of all handlers that have completed, where the event is done
   * with this one. Then that is written in the same commit, and nothing is left to be settled; else, and by
   * default, undefined.
   */
  readonly ends?: Ends;
}

/** Milliseconds; 0 = now, or earlier. */
export interface Outlook {
  /** Until the next pending row is due; undefined = none is pending. */
  readonly dueIn: number | undefined;
  /** Until a lease is over that is not extended; undefined = there is no lease. */
  readonly leaseOverIn: number | undefined;
}

/**
 * What a transactional run came to. `ended`: committed, and the event with it. `already`: a previous commit says that the handler has completed. `stuck`: it
 * could not be ended, so the row is still locked and nothing can be written to it for now.
 */
export type TransactionalOutcome = 'committed' | 'ended' | 'already' | 'lease-lost' | 'stuck';

/**
 * What a worker needs of the storage. Every time is the database's own, and every change of a claimed
 * row names its fencing token.
 */
export interface WorkStore {
  /** Up to `limit` rows that are due and whose lease is nobody's, oldest due first; counts their attempt. */
  claim(
    limit: number,
    leaseMs: number,
    except?: readonly ClaimException[],
  ): Promise<readonly ClaimedRow[]>;
  /**
   * Those of `ids` that `claim` could give: what has ended, is leased (though the lease is over), waits for its
   * ordering key, is not due yet or does not exist is left out. Counts their attempt.
   */
  claimById(ids: readonly string[], leaseMs: number): Promise<readonly ClaimedRow[]>;
  /**
   * One row whose lease ran out without a settle, and that nobody has locked: its process died, or was
   * paused for longer. Those of the fewest attempts come first. Counts the attempt, and a stall only where
   * that event ran alone; at `maxStalledCount` the row goes to `dead`, reason `killed-process`, and the next
   * one is taken. Waits for nobody's lock.
   */
  claimStalled(recovery: Recovery): Promise<ClaimedRow | undefined>;
  /**
   * Before anything else begins to run in the process of a row that was claimed `alone`: if the process
   * dies from now on, that is no stall of this event. Works while a handler has the row locked.
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
   * Runs `work` in a transaction that holds the row by id and token; its writes, that the handler has
   * completed, and a fresh lease or the event's end are one commit. Errors of `work` roll everything back and
   * come out as they are.
   * @throws EventHandlerTimeoutError when the turn ended before there was a connection; EventHandlerError when
   * `work` has ended its own transaction, or left a nested one open
   */
  runTransactional(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    options?: TransactionalOptions,
  ): Promise<TransactionalOutcome>;
  /**
   * As `runTransactional`, with the parts of several events in one transaction, one after the other: all of them
   * are committed, or, where one throws, none.
   * @returns an outcome for each part; a part that is not ours to run any more is left out
   */
  runTogether(
    handler: string,
    leaseMs: number,
    parts: readonly TransactionalPart[],
    turn?: HandlerTurn,
  ): Promise<readonly TransactionalOutcome[]>;
  /** Graceful shutdown: the rows are pending again at once, with their attempt given back. */
  release(leases: readonly Lease[]): Promise<void>;
  /**
   * Calls `listener` soon after rows that this process has ended as dead are committed: by a settle, by
   * `claimStalled`, or at the insert. Best effort: not where the answer to the commit was lost.
   * @returns how to stop it
   */
  onDead(listener: (dead: readonly DeadEvent[]) => void): () => void;
  /** Calls `wake` when another process has stored something, where the database can tell. @returns how to stop */
  listen(wake: () => void): Promise<() => Promise<void>>;
}
