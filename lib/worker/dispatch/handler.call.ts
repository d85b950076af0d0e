import type { LoggerService } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  EventHandlerError,
  NotTransactionalError,
  type Abortable,
  type EventOrigin,
  type Timers,
} from '../../core/index.js';
import type { HandlerContext, RegisteredHandler } from '../../handlers/index.js';
import type { ClaimedRow } from '../../inbox/index.js';
import { timedOut, timeoutOf } from './deadline.js';
import { guardedManager } from './guarded.manager.js';
import { idempotencyKey } from './idempotency-key.js';

/** What is said of an event to its handlers. */
export type CalledRow = Pick<
  ClaimedRow,
  'source' | 'account' | 'eventId' | 'name' | 'attempt' | 'origin' | 'receivedAt'
>;

export interface HandlerCall<Row extends CalledRow = ClaimedRow> {
  readonly handler: RegisteredHandler;
  readonly row: Row;
  readonly payload: unknown;
  readonly manager?: EntityManager;
  /** Default false. */
  readonly dryRun?: boolean;
  readonly logger: LoggerService;
  /** Of the row (lease lost, or shutdown); in a transaction of the deadline, which is the row's and the timeout's. */
  readonly signal: Abortable;
  readonly timers: Timers;
}

/**
 * Ends when the handler does, or at its timeout, or when the row's signal aborts: a handler that
 * never settles cannot hold its slot, and what it comes to later counts for nothing.
 * @throws what the handler throws, EventHandlerTimeoutError, or the signal's reason
 */
export async function callHandler(call: HandlerCall<CalledRow>): Promise<void> {
  const { handler, signal, timers } = call;
  signal.throwIfAborted();
  const context = new CallContext(call);
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const cut = (reason: Error): void => {
        context.abort(reason);
        reject(reason);
      };
      const timeout = timeoutOf(handler);
      const cancel = timers.after(timeout, () => cut(timedOut(handler, timeout)));
      const onAbort = () => cut(signal.reason as Error);
      signal.addEventListener('abort', onAbort);
      stop = () => {
        cancel();
        signal.removeEventListener('abort', onAbort);
      };
      handler.invoke(call.payload, context).then(resolve, reject);
    });
  } finally {
    stop();
    context.end();
  }
}

class CallContext implements HandlerContext {
  readonly eventId: string;
  readonly source: string;
  readonly account: string;
  readonly name: string;
  readonly attempt: number;
  readonly origin: EventOrigin;
  readonly receivedAt: Date;
  readonly dryRun: boolean;
  readonly logger: LoggerService;
  readonly #handler: string;
  readonly #manager: EntityManager | undefined;
  /** Made when it is asked for: few handlers do, and making one costs more than all else here. */
  #controller: AbortController | undefined;
  #aborted: Error | undefined;
  #ended = false;

  constructor({ row, handler, manager, logger, dryRun = false }: HandlerCall<CalledRow>) {
    this.eventId = row.eventId;
    this.source = row.source;
    this.account = row.account;
    this.name = row.name;
    this.attempt = row.attempt;
    this.origin = row.origin;
    this.receivedAt = new Date(row.receivedAt);
    this.dryRun = dryRun;
    this.logger = logger;
    this.#handler = handler.name;
    this.#manager = manager && guardedManager(manager, handler.name, () => this.#lateWrite());
  }

  get idempotencyKey(): string {
    return idempotencyKey(this, this.#handler);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted);
    return this.#controller.signal;
  }

  get manager(): EntityManager {
    if (this.#manager) return this.#manager;
    throw new NotTransactionalError(
      `${this.#handler} reads context.manager, but does not run in a transaction. Give its decorator ` +
        '`{ transactional: true }`, or use a repository of your own.',
    );
  }

  abort(reason: Error): void {
    this.#aborted = reason;
    this.#controller?.abort(reason);
  }

  end(): void {
    this.#ended = true;
  }

  #lateWrite(): Error | undefined {
    if (!this.#ended) return undefined;
    return new EventHandlerError(
      `${this.#handler} uses context.manager after it has ended, so its transaction is over and nothing ` +
        'is written. Await everything that the handler begins, and stop when context.signal aborts.',
      { cause: this.#aborted },
    );
  }
}
