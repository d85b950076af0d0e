import { EventHandlerError, EventHandlerTimeoutError } from '../core/index.js';

/** The transaction at the handler's end is not the one in which it began. */
export function transactionEnded(handler: string, cause?: unknown): EventHandlerError {
  return new EventHandlerError(
    `The transaction of ${handler} was over before the handler was: by a COMMIT or ROLLBACK of its own, or by the ` +
      'database, which does that on a full disk, a deadlock, or DDL on MySQL. This attempt has failed; what the handler ' +
      'committed itself stays. Leave beginning and ending to the module, use context.manager.transaction() for a part ' +
      'that may be undone alone, and let errors of statements come out.',
    { cause },
  );
}

export function nestedLeftOpen(handler: string): EventHandlerError {
  return new EventHandlerError(
    `${handler} has ended inside a nested transaction, so all of it is rolled back and this attempt has failed. ` +
      'Await every context.manager.transaction(), and end what queryRunner.startTransaction() has begun.',
  );
}

/** @param poolSize connections of the application's pool */
export function noConnection(handler: string, poolSize: number): EventHandlerTimeoutError {
  return new EventHandlerTimeoutError(
    `${handler} got no connection of the application's pool (${poolSize} connections) within its \`timeout\`, so this ` +
      'attempt has failed with nothing begun. Look for transactions and query runners that are kept for long or never ' +
      "released, give the DataSource a larger `poolSize`, or lower the module's `worker.transactions`.",
  );
}

/** @param statement of which only the first word is told, as the rest may hold values */
export function cannotBeTakenBack(handler: string, statement: string): EventHandlerError {
  const [word = ''] = /\w+/.exec(statement) ?? [];
  return new EventHandlerError(
    `${handler} sends a statement that begins with ${word.toUpperCase()}, which may commit, or stay though all is rolled ` +
      'back. A dry run refuses it; look at `context.dryRun` to leave it out of one.',
  );
}
