import { Inject, Injectable } from '@nestjs/common';
import { diagnose, INBOX_STORE } from '../core/index.js';
import type { Backlog, BlockedKey, DatabaseStatus } from './backlog.queries.js';
import type { DeadErrors, DeadErrorsRequest } from './dead.errors.js';
import type { OperatorStore } from './operator.store.js';
import type {
  ChangeFilter,
  ChangeOptions,
  EventCount,
  EventDetails,
  EventFilter,
  EventPage,
  EventSummary,
  EventTotal,
  InboxViolation,
  PageRequest,
  ReplayOptions,
  StoredState,
} from './stored.event.js';

/** What an operator asks of the inbox, from a script, a route or a page of your own. */
@Injectable()
export class InboxAdmin {
  private readonly listeners = new Set<() => void>();

  constructor(@Inject(INBOX_STORE) private readonly store: OperatorStore) {}

  /**
   * The events that fit, newest first and without payloads, 100 at once. The next part begins `after`
   * the `next` of this one; each is as quick as the first, however long the list is, and may be short where few
   * events fit: go on as long as there is a `next`.
   */
  list(filter: EventFilter = {}, page: PageRequest = {}): Promise<EventPage> {
    return this.store.list(filter, page);
  }

  /** What is due of each source, and for how long; nothing of a source that has nothing due. */
  backlog(): Promise<readonly Backlog[]> {
    return this.store.backlog();
  }

  /** How many events of each source have died in the last `ms` milliseconds, up to 10,000 in all. */
  deadSince(ms: number): Promise<ReadonlyMap<string, number>> {
    return this.store.deadSince(ms);
  }

  /** The ordering key behind whose failing event the most others wait. */
  blockedKey(): Promise<BlockedKey | undefined> {
    return this.store.blockedKey();
  }

  /** What the database says of the workers, and of itself. */
  database(): Promise<DatabaseStatus> {
    return this.store.database();
  }

  /** The dead events by their error, most frequent first; what differs in ids and numbers only is one. */
  errors(request: DeadErrorsRequest = {}): Promise<DeadErrors> {
    return this.store.errors(request);
  }

  /** How many events fit, exactly or at least: a bounded number of them is looked at. */
  count(filter: EventFilter): Promise<EventTotal> {
    return this.store.count(filter);
  }

  /** The newest event that fits, with payload, failed attempts and redeliveries; undefined where there is none. */
  async find(filter: EventFilter): Promise<EventDetails | undefined> {
    const event = await this.store.find(filter);
    if (!event) return undefined;
    // One after the other: deliveries need the connections more.
    const failures = await this.store.attempts(event.id);
    const redeliveries = await this.store.redeliveries.of(event.id);
    return { ...event, failures, redeliveries };
  }

  /** The unfinished event of the same ordering key that a waiting one is behind; undefined where it waits for none. */
  ahead(id: string): Promise<EventSummary | undefined> {
    return this.store.ahead(id);
  }

  /**
   * How many events there are, by source and state. It reads at most 10,000 rows of each state, so that it can be
   * asked every few seconds beside any number of finished ones; `more` says where it stopped.
   * @param states of which events are counted; those that run are `open`. Default: all
   */
  counts(states?: readonly StoredState[]): Promise<readonly EventCount[]> {
    return this.store.counts(states);
  }

  /**
   * Makes finished events pending again, and wakes the worker of this process; those of others see them within
   * their `pollInterval`. Attempts start again; handlers that have succeeded are not run again, unless
   * `rerunAll`. Default false. Events whose payload is gone are passed over.
   * @returns how many
   * @throws InboxFilterError for a filter without a condition; `{ all: true }` says that all are meant
   */
  async replay(filter: ChangeFilter, options?: ReplayOptions): Promise<number> {
    const count = await this.store.replay(filter, options);
    if (count === 0) return 0;
    diagnose('replayed', () => ({ count }));
    this.tellPending();
    return count;
  }

  /**
   * Gives events up: dead ones, and pending and waiting ones that are not to be tried again, end `ignored`,
   * reason `discarded`. What runs at this moment is passed over. A replay brings them back.
   * @returns how many
   * @throws InboxFilterError as `replay`
   */
  async discard(filter: ChangeFilter, options?: ChangeOptions): Promise<number> {
    const discarded = await this.store.discard(filter, options);
    // Events that waited behind them can run now.
    if (discarded > 0) this.tellPending();
    return discarded;
  }

  /**
   * Lets pending events that wait for their next attempt, or for the time that a handler asked for, run now. Their
   * attempts stay as they are.
   * @returns how many
   * @throws InboxFilterError as `replay`
   */
  async retryNow(filter: ChangeFilter, options?: ChangeOptions): Promise<number> {
    const hastened = await this.store.retryNow(filter, options);
    if (hastened > 0) this.tellPending();
    return hastened;
  }

  /** Rows that are neither pending, running, finished nor waiting for one that is; always empty, or report it. */
  violations(): Promise<readonly InboxViolation[]> {
    return this.store.violations();
  }

  /** Calls `listener` after events became pending by this. @returns how to stop it */
  onPending(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Events became pending by what somebody else has changed. */
  tellPending(): void {
    for (const listener of this.listeners) listener();
  }
}
