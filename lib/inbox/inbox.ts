import { AsyncResource } from 'node:async_hooks';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import {
  diagnose,
  diagnosedEvent,
  INBOX_STORE,
  TRACING,
  type SourceEvent,
  type EventOrigin,
  type Tracing,
} from '../core/index.js';
import { AcceptQueue, asUnavailable, storedRefs, type StoredRef } from './accept.queue.js';
import type { IntakeStore } from './intake.store.js';
import type { InsertResult, NewInboxRow } from './intake.store.js';

/** What `accept` answers, after the commit. */
export interface AcceptedEvent extends InsertResult {
  readonly eventId: string;
}

type StoredListener = (stored: readonly StoredRef[]) => void;

/** The one door: whatever brings an event, it comes in here. */
@Injectable()
export class Inbox {
  private readonly logger = new Logger(Inbox.name);
  private readonly listeners = new Set<StoredListener>();
  private readonly context = new AsyncResource('armox-armalo:inbox-listeners');
  private readonly queue: AcceptQueue;
  /** Stored, and not told yet. */
  private untold: StoredRef[] = [];

  constructor(
    @Inject(INBOX_STORE) private readonly store: IntakeStore,
    @Optional() @Inject(TRACING) private readonly tracing?: Tracing,
  ) {
    this.queue = new AcceptQueue(store, (stored) => this.tell(stored));
  }

  /**
   * Commits the event. Resolves after the commit, and only then may the sender be told 2xx.
   *
   * Called from inside a transactional handler on SQLite, the event becomes part of the handler's transaction.
   * @throws InboxUnavailableError when it could not be committed within the ingest timeout
   */
  async accept(event: SourceEvent, origin: EventOrigin): Promise<AcceptedEvent> {
    const { tracing } = this;
    const row = newRow(event, origin);
    const result = tracing
      ? await tracing.storing(row, (traceContext) => this.insert({ ...row, traceContext }))
      : await this.insert(row);
    diagnose(result.outcome, () => ({ ...diagnosedEvent({ ...row, id: result.id }), origin }));
    return { ...result, eventId: event.id };
  }

  /**
   * Calls `listener` soon after events were stored by this process and are committed; several are one call.
   * One that became part of a handler's transaction (SQLite) is told of before that one's commit, for which a
   * claim in this process waits. Best effort: what nobody heard of is found by the worker's polling.
   * @returns how to stop it
   */
  onStored(listener: StoredListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private insert(row: NewInboxRow): Promise<InsertResult> {
    return this.store.joins() ? this.join(row) : this.queue.add(row);
  }

  private async join(row: NewInboxRow): Promise<InsertResult> {
    try {
      const [result] = await this.store.insert([row]);
      this.tell(storedRefs(row, result as InsertResult));
      return result as InsertResult;
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** Outside of the request that brought the event, whose context the worker must not inherit. */
  private tell(stored: readonly StoredRef[]): void {
    const isFirst = this.untold.length === 0;
    this.untold.push(...stored);
    if (!isFirst || stored.length === 0) return;
    this.context.runInAsyncScope(() => setImmediate(() => this.callAll()));
  }

  private callAll(): void {
    const stored = this.untold;
    this.untold = [];
    for (const listener of this.listeners) this.call(listener, stored);
  }

  private call(listener: StoredListener, stored: readonly StoredRef[]): void {
    try {
      listener(stored);
    } catch (error) {
      this.logger.error('A listener to stored events threw; the event itself is stored.', error);
    }
  }
}

function newRow(event: SourceEvent, origin: EventOrigin): NewInboxRow {
  return {
    source: event.source,
    account: event.account,
    eventId: event.id,
    name: event.name,
    occurredAt: event.occurredAt ?? null,
    orderKey: event.orderKey ?? null,
    origin: origin,
    body: event.body,
    invalid: event.problems.length > 0 ? event.problems.join('\n') : null,
    event,
  };
}
