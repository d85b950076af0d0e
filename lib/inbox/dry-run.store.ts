import type { EntityManager } from 'typeorm';
import type { HandlerTurn, SentStatement } from '../database/index.js';

/** A handler's work that is tried without being kept. */
export interface DryRunWork {
  readonly handler: string;
  readonly turn: Pick<HandlerTurn, 'signal' | 'connecting'>;
  /** Called with each statement that does more than read, before it is sent. */
  readonly tell: (statement: SentStatement) => void;
  readonly work: (manager: EntityManager) => Promise<void>;
}

export interface DryRunStore {
  /**
   * Runs `work` in a transaction of the application's that is rolled back, whatever comes of it. It takes no row of the
   * inbox; on SQLite, which has one writer, it waits for its turn as transactional handlers do.
   * @throws what `work` throws; EventHandlerError for a statement that could not be taken back, which was not sent;
   * and as `WorkStore.runTransactional`
   */
  dryRun(work: DryRunWork): Promise<void>;
}
