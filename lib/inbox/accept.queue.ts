import { AsyncResource } from 'node:async_hooks';
import { InboxUnavailableError, systemTimers, type Timers } from '../core/index.js';
import { LostConnectionError } from '../database/index.js';
import type { IntakeStore } from './intake.store.js';
import type { InsertResult, NewInboxRow } from './intake.store.js';

/** How much one INSERT takes, and how much may wait for the next one. */
export interface AcceptLimits {
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly queueRows: number;
  readonly queueBytes: number;
}

/** 4 MiB: mysql2 doubles bytes in writing them as hexadecimal, and a packet of MariaDB has 16 MiB. */
export const ACCEPT_LIMITS: AcceptLimits = {
  batchRows: 500,
  batchBytes: 4 * 1024 * 1024,
  queueRows: 10_000,
  queueBytes: 64 * 1024 * 1024,
};

/** A row that has just been stored. */
export interface StoredRef {
  /** Of the row in the inbox; what `claimById` takes. */
  readonly id: string;
  readonly source: string;
  readonly name: string;
}

/** @returns the one of `row`, none where it was a duplicate */
export function storedRefs(row: NewInboxRow, result: InsertResult): readonly StoredRef[] {
  const { source, name } = row;
  return result.outcome === 'stored' ? [{ id: result.id, source, name }] : [];
}

interface Waiting {
  readonly row: NewInboxRow;
  readonly resolve: (result: InsertResult) => void;
  readonly reject: (error: InboxUnavailableError) => void;
  readonly cancelTimeout: () => void;
  given: boolean;
}

/** Lost connections in a row after which it is the database, and not the rows. */
const LOSSES = 3;

/**
 * Group commit: while one INSERT is on its way the events that arrive wait, and the next INSERT takes
 * them all. Each is answered after the commit of its own row.
 */
export class AcceptQueue {
  private queue: Waiting[] = [];
  private queuedBytes = 0;
  private draining = false;
  /** Connections are made and listeners called in here, and not in the context of some request. */
  private readonly context = new AsyncResource('armox-armalo:inbox');

  constructor(
    private readonly store: IntakeStore,
    private readonly stored: (refs: readonly StoredRef[]) => void,
    private readonly limits: AcceptLimits = ACCEPT_LIMITS,
    private readonly timers: Pick<Timers, 'after'> = systemTimers,
  ) {}

  /** @throws InboxUnavailableError, whatever went wrong */
  add(row: NewInboxRow): Promise<InsertResult> {
    const { queueRows, queueBytes } = this.limits;
    const size = row.body.length;
    if (this.queue.length >= queueRows || this.queuedBytes + size > queueBytes) {
      const text = `${this.queue.length} events wait for the database already; this one is not stored.`;
      return Promise.reject(new InboxUnavailableError(text));
    }
    return new Promise((resolve, reject) => {
      const timeout = this.store.ingestTimeout;
      const cancelTimeout = this.timers.after(timeout, () => this.giveUp(waiting, timeout));
      const waiting: Waiting = { row, resolve, reject, cancelTimeout, given: false };
      this.queue.push(waiting);
      this.queuedBytes += size;
      this.start();
    });
  }

  private start(): void {
    if (this.draining) return;
    this.draining = true;
    // After the requests that were read in the same turn: they go with the first.
    this.context.runInAsyncScope(() => setImmediate(() => void this.drain()));
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) await this.commit(this.nextBatch());
    this.draining = false;
  }

  private nextBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { row } of this.queue) {
      if (count === this.limits.batchRows) break;
      if (count > 0 && bytes + row.body.length > this.limits.batchBytes) break;
      count += 1;
      bytes += row.body.length;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.store.insert(batch.map(({ row }) => row));
      batch.forEach((waiting, index) => this.answer(waiting, results[index] as InsertResult));
      this.stored(
        batch.flatMap(({ row }, index) => storedRefs(row, results[index] as InsertResult)),
      );
    } catch (error) {
      if (batch.length > 1 && mayPassAlone(error)) await this.commitOneByOne(batch);
      else for (const waiting of batch) this.refuse(waiting, error);
    }
  }

  /** So that a row which the database refuses, or breaks off at, takes none of its neighbours along. */
  private async commitOneByOne(batch: readonly Waiting[]): Promise<void> {
    let losses = 0;
    for (const [index, waiting] of batch.entries()) {
      if (waiting.given) continue;
      const error = await this.failureOf(waiting);
      if (error === undefined || !(error instanceof InboxUnavailableError)) losses = 0;
      else if (!mayPassAlone(error) || (losses += 1) === LOSSES) {
        for (const other of batch.slice(index + 1)) this.refuse(other, error);
        return;
      }
    }
  }

  private async failureOf(waiting: Waiting): Promise<unknown> {
    try {
      const [result] = await this.store.insert([waiting.row]);
      this.answer(waiting, result as InsertResult);
      this.stored(storedRefs(waiting.row, result as InsertResult));
      return undefined;
    } catch (error) {
      this.refuse(waiting, error);
      return error;
    }
  }

  private answer(waiting: Waiting, result: InsertResult): void {
    waiting.given = true;
    waiting.cancelTimeout();
    waiting.resolve(result);
  }

  private refuse(waiting: Waiting, cause: unknown): void {
    waiting.given = true;
    waiting.cancelTimeout();
    waiting.reject(asUnavailable(cause));
  }

  private giveUp(waiting: Waiting, timeout: number): void {
    const place = this.queue.indexOf(waiting);
    if (place >= 0) {
      this.queue.splice(place, 1);
      this.queuedBytes -= waiting.row.body.length;
    }
    this.refuse(
      waiting,
      new InboxUnavailableError(
        `The event could not be committed within ${timeout} ms; as far as we know it is not stored.`,
      ),
    );
  }
}

/** Where the database cannot be used, asking it once more for each row only makes all of them late. */
const mayPassAlone = (error: unknown): boolean =>
  !(error instanceof InboxUnavailableError) || error instanceof LostConnectionError;

export function asUnavailable(cause: unknown): InboxUnavailableError {
  if (cause instanceof InboxUnavailableError) return cause;
  return new InboxUnavailableError('The database refused the event; it is not stored.', { cause });
}
