import { Inject, Injectable } from '@nestjs/common';
import { INBOX_STORE, type SourceEvent, type Via } from '../core/index.js';
import type { InboxStore, InsertResult } from './inbox.store.js';

/** What `accept` answers, after the commit. */
export interface Accepted extends InsertResult {
  readonly eventId: string;
}

/** The one door: whatever brings an event, it comes in here. */
@Injectable()
export class Inbox {
  constructor(@Inject(INBOX_STORE) private readonly store: InboxStore) {}

  /**
   * Commits the event. Resolves after the commit, and only then may the sender be told 2xx.
   * @throws StoreUnavailableError when it could not be committed within the ingest timeout
   */
  async accept(event: SourceEvent, via: Via): Promise<Accepted> {
    (void event, via, this.store);
    throw new Error('written in the next commit');
  }
}
