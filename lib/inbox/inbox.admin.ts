import { Inject, Injectable } from '@nestjs/common';
import { INBOX_STORE } from '../core/index.js';
import type { OperatorStore } from './operator.store.js';
import type {
  EventCount,
  EventFilter,
  InboxViolation,
  ReplayFilter,
  StoredAttempt,
  StoredEvent,
} from './stored.event.js';

/** What an operator asks of the inbox, from a script, a route or a page of your own. */
@Injectable()
export class InboxAdmin {
  constructor(@Inject(INBOX_STORE) private readonly store: OperatorStore) {}

  /** The newest events that fit, payloads included. Default: the newest 100 of all. */
  list(filter: EventFilter = {}, limit = 100): Promise<readonly StoredEvent[]> {
    return this.store.list(filter, limit);
  }

  /** The newest event that fits; undefined where there is none. */
  find(filter: EventFilter): Promise<StoredEvent | undefined> {
    return this.store.find(filter);
  }

  /** Failed attempts and skipped handlers of one event, oldest first; `id` is the row's, not the sender's. */
  attempts(id: string): Promise<readonly StoredAttempt[]> {
    return this.store.attempts(id);
  }

  /** How many events there are, by source and state. It counts the whole table. */
  counts(): Promise<readonly EventCount[]> {
    return this.store.counts();
  }

  /**
   * Makes finished events pending again: any running worker on the database handles them. Their attempts
   * start again; handlers that have succeeded are not run again, unless `rerunAll`. Default false.
   * Events whose payload is gone are passed over.
   * @returns how many
   * @throws InboxFilterError for a filter without a condition; `{ all: true }` says that all are meant
   */
  replay(filter: ReplayFilter, options?: { readonly rerunAll?: boolean }): Promise<number> {
    return this.store.replay(filter, options);
  }

  /** Rows that are neither pending, running, finished nor waiting for one that is; always empty, or report it. */
  violations(): Promise<readonly InboxViolation[]> {
    return this.store.violations();
  }
}
