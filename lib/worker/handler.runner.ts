import type { LoggerService } from '@nestjs/common';
import type { RegisteredHandler } from '../handlers/index.js';
import type { ClaimedRow, InboxStore, TransactionalOutcome } from '../inbox/index.js';
import { callHandler, type HandlerCall } from './handler.call.js';
import type { HandlerResult } from './handler.failure.js';
import { Semaphore } from './semaphore.js';
import type { Slot } from './slot.js';
import type { Timers } from './timers.js';
import { untilOrGivenUp } from './until.js';

/** A rollback on a dead connection would hold the slot until TCP gives up, a quarter of an hour. */
const LONGEST_ROLLBACK_MS = 10_000;

export interface HandlerRunnerParts {
  readonly store: Pick<InboxStore, 'runTransactional'>;
  readonly leaseMs: number;
  /** Transactional handlers that run at once, so that they leave the app's pool some connections. */
  readonly transactions: number;
  readonly timers: Timers;
  readonly loggerOf: (handler: string) => LoggerService;
}

/** Runs one handler on one event, in a transaction where it asks for one. */
export class HandlerRunner {
  private readonly transactions: Semaphore;

  constructor(private readonly parts: HandlerRunnerParts) {
    this.transactions = new Semaphore(parts.transactions);
  }

  async run(
    handler: RegisteredHandler,
    row: ClaimedRow,
    payload: unknown,
    signal: AbortSignal,
    slot: Slot,
  ): Promise<HandlerResult> {
    const { timers, loggerOf } = this.parts;
    const call = { handler, row, payload, signal, timers, logger: loggerOf(handler.name) };
    const began = timers.now();
    try {
      if (!handler.options.transactional) {
        await callHandler(call);
        return { kind: 'done' };
      }
      const outcome = await this.inTransaction(call, slot);
      return { kind: outcome === 'lease-lost' || outcome === 'given-up' ? 'stopped' : 'done' };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      return { kind: 'failed', error, duration: Math.round(timers.now() - began) };
    }
  }

  /** What has been begun is committed or rolled back before this ends, unless the connection is dead. */
  private async inTransaction(
    call: HandlerCall,
    slot: Slot,
  ): Promise<TransactionalOutcome | 'given-up'> {
    const { store, leaseMs, timers } = this.parts;
    const { row, handler, signal } = call;
    const leave = await slot.whileWaiting(() => this.transactions.acquire(signal));
    const failed = new AbortController();
    const lease = { id: row.id, token: row.token };
    const transaction = store
      .runTransactional(lease, handler.name, leaseMs, async (manager) => {
        try {
          await callHandler({ ...call, manager });
        } catch (error) {
          failed.abort();
          throw error;
        }
      })
      // The permit stands for the connection, so it lasts as long as the transaction does.
      .finally(leave);
    return untilOrGivenUp(transaction, [failed.signal, signal], LONGEST_ROLLBACK_MS, timers);
  }
}
