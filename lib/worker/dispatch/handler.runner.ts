import type { LoggerService } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  Aborter,
  diagnose,
  diagnosedAttempt,
  errorType,
  Semaphore,
  type Abortable,
  type Timers,
} from '../../core/index.js';
import type { RegisteredHandler } from '../../handlers/index.js';
import type { ClaimedRow, Ends, TransactionalOutcome, WorkStore } from '../../inbox/index.js';
import { ConnectionWait } from './connection.wait.js';
import { Deadline } from './deadline.js';
import { dtoReading } from './dto.reading.js';
import { HandlerGroups } from './handler.groups.js';
import { callHandler, type HandlerCall } from './handler.call.js';
import type { HandlerResult } from './handler.failure.js';
import type { Slot } from '../execution/slot.js';
import { untilOrGivenUp } from '../until.js';

type RunResult = Extract<
  HandlerResult,
  { readonly kind: 'done' | 'failed' | 'stopped' | 'invalid' }
>;

export interface HandlerRunnerDependencies {
  readonly store: Pick<WorkStore, 'runTransactional' | 'runTogether'>;
  readonly leaseMs: number;
  /** Transactional handlers that run at once, so that they leave the app's pool some connections. */
  readonly transactions: number;
  readonly timers: Timers;
  readonly loggerOf: (handler: string) => LoggerService;
}

/** Runs one handler on one event, in a transaction where it asks for one. */
export class HandlerRunner {
  private readonly transactions: Semaphore;
  private readonly connections: ConnectionWait;
  private readonly groups: HandlerGroups;

  constructor(private readonly dependencies: HandlerRunnerDependencies) {
    this.transactions = new Semaphore(dependencies.transactions);
    this.connections = new ConnectionWait(dependencies.timers);
    const { transactions, connections } = this;
    this.groups = new HandlerGroups({ ...dependencies, transactions, connections });
  }

  async run(
    handler: RegisteredHandler,
    row: ClaimedRow,
    payload: unknown,
    signal: Abortable,
    slot: Slot,
    ends: Ends,
  ): Promise<RunResult> {
    const { timers } = this.dependencies;
    const began = timers.now();
    const about = () => ({ ...diagnosedAttempt(row), handler: handler.name });
    diagnose('handler-started', about);
    const result = await this.runOrFail(handler, row, payload, signal, slot, ends);
    const { kind: outcome } = result;
    diagnose('handler-ended', () => ({
      ...about(),
      outcome,
      ...(result.kind === 'failed' && { errorType: errorType(result.error) }),
      duration: timers.now() - began,
    }));
    return result;
  }

  private async runOrFail(
    handler: RegisteredHandler,
    row: ClaimedRow,
    payload: unknown,
    signal: Abortable,
    slot: Slot,
    ends: Ends,
  ): Promise<RunResult> {
    const { timers, loggerOf } = this.dependencies;
    const began = timers.now();
    try {
      // Nothing is awaited that need not be: most events come by here and are quick.
      const reading = handler.withDto
        ? await dtoReading(handler, payload as object, signal, timers)
        : { event: payload };
      if ('problems' in reading) return { kind: 'invalid', problems: reading.problems };
      const logger = loggerOf(handler.name);
      const call = { handler, row, payload: reading.event, signal, timers, logger };
      if (!handler.options.transactional) {
        await callHandler(call);
        return { kind: 'done' };
      }
      const outcome = await this.inGroup(call, slot, ends);
      if (outcome === 'ended') return { kind: 'done', ended: true };
      return { kind: outcome === 'committed' || outcome === 'already' ? 'done' : 'stopped' };
    } catch (error) {
      if (signal.aborted) return { kind: 'stopped' };
      return { kind: 'failed', error, duration: Math.round(timers.now() - began) };
    }
  }

  /** One that is tried again has a transaction to itself: it would spoil that of a group once more. */
  private async inGroup(
    call: HandlerCall,
    slot: Slot,
    ends: Ends,
  ): Promise<TransactionalOutcome | 'given-up'> {
    const { handler, row } = call;
    if (handler.options.transactional !== 'grouped' || row.attempt > 1) {
      return this.inTransaction(call, slot, ends);
    }
    const outcome = await slot.whileWaiting(() => this.groups.run(call, ends));
    return outcome === 'alone' ? this.inTransaction(call, slot, ends) : outcome;
  }

  /** What has been begun is committed or rolled back before this ends, unless the connection is dead. */
  private async inTransaction(
    call: HandlerCall,
    slot: Slot,
    ends: Ends,
  ): Promise<TransactionalOutcome | 'given-up'> {
    const { store, leaseMs, timers } = this.dependencies;
    const { row, handler, signal, logger } = call;
    // This wait does not count to the timeout: each permit comes free within the timeout of its holder.
    const leave = await slot.whileWaiting(() => this.transactions.acquire(signal));
    const deadline = new Deadline(handler, signal, timers);
    const failed = new Aborter();
    const lease = { id: row.id, token: row.token };
    const work = async (manager: EntityManager): Promise<void> => {
      try {
        await callHandler({ ...call, signal: deadline.signal, manager });
      } catch (error) {
        failed.abort(error as Error);
        throw error;
      }
    };
    const transaction = store
      .runTransactional(lease, handler.name, leaseMs, work, {
        turn: {
          signal: deadline.signal,
          connecting: (connect) => this.connections.until(connect, slot, logger),
          ending: () => this.transactions.passOn(leave),
        },
        ends,
      })
      // The permit stands for the connection, so it lasts as long as the transaction does.
      .finally(leave);
    try {
      const ends = [failed, deadline.signal];
      return await untilOrGivenUp(transaction, ends, timers);
    } finally {
      deadline.end();
    }
  }
}
