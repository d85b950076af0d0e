import type { Abortable } from '../core/index.js';

/** What bounds a transactional run. */
export interface HandlerTurn {
  /**
   * Its abort ends the run wherever it is: a wait for a connection is given up, a statement under way is
   * cancelled, and all is rolled back.
   */
  readonly signal: Abortable;
  /** Called with the wait for a connection of the application's pool, which may last. */
  readonly connecting: <T>(connect: () => Promise<T>) => Promise<T>;
  /**
   * Called when the work is done and its end is all that is left. @returns whether another run, which has waited for
   * this one, begins in this very turn of the event loop. Default: it never does
   */
  readonly ending?: () => boolean;
}
