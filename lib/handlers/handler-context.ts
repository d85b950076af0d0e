import type { LoggerService } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EventOrigin } from '../core/index.js';

/** Second argument of every handler. */
export interface HandlerContext {
  /** The event's identity within its source and account. */
  readonly eventId: string;
  readonly source: string;
  /** `''` where the source has one account only. */
  readonly account: string;
  /** The event's name as it was received. */
  readonly name: string;
  /** The same for every attempt of this handler on this event; pass it on to what you call. */
  readonly idempotencyKey: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Who brought the event first: the webhook, or the reconciliation poller. */
  readonly origin: EventOrigin;
  readonly receivedAt: Date;
  /** Aborts when the handler's timeout is over, its lease is lost, or the application shuts down. */
  readonly signal: AbortSignal;
  /**
   * Whether an operator only looks at what the handler would write: its transaction is rolled back, whatever it
   * does. What goes elsewhere (a mail, a call) is not taken back, so leave it out then.
   */
  readonly dryRun: boolean;
  /** Writes with the handler's name as its context. */
  readonly logger: LoggerService;
  /**
   * The transaction that a `transactional: true` handler runs in: what is written through it, and
   * the mark that the handler has run, are one commit.
   * @throws NotTransactionalError in any other handler
   */
  readonly manager: EntityManager;
}
