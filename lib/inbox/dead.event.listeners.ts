import { AsyncResource } from 'node:async_hooks';
import type { DeadEvent, DeadReason } from '../core/index.js';
import type { Row } from '../database/index.js';
import { idOf } from './inbox.rows.js';

export type DeadEventListener = (dead: readonly DeadEvent[]) => void;

/** Tells of the rows that this process has ended as dead, when that is committed. */
export class DeadEventListeners {
  private readonly listeners = new Set<DeadEventListener>();
  /** What a listener does is no part of the request or transaction in which the row died. */
  private readonly context = new AsyncResource('armox-armalo:dead-events');

  listen(listener: DeadEventListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(dead: readonly DeadEvent[]): void {
    if (dead.length === 0 || this.listeners.size === 0) return;
    this.context.runInAsyncScope(() =>
      setImmediate(() => {
        for (const listener of this.listeners) listener(dead);
      }),
    );
  }
}

/** What `deadEvent` reads of a row. */
export const DEAD_COLUMNS = ['id', 'source', 'account', 'event_id', 'name', 'attempts'] as const;

export function deadEvent(
  row: Row,
  end: { readonly reason: DeadReason; readonly error: string; readonly handler?: string },
): DeadEvent {
  return {
    id: idOf(row),
    source: String(row['source']),
    account: String(row['account']),
    eventId: String(row['event_id']),
    name: String(row['name']),
    reason: end.reason,
    error: end.error,
    handler: end.handler ?? null,
    attempt: Number(row['attempts']),
  };
}
