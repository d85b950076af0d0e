import type { EntityManager, QueryRunner } from 'typeorm';
import { EventHandlerError } from '../../core/index.js';
import { transactionDepth } from '../../database/index.js';

const DATABASE_CALLS: ReadonlySet<string | symbol> = new Set([
  'query',
  'stream',
  'startTransaction',
  'commitTransaction',
  'rollbackTransaction',
]);

/** Theirs is what `manager.transaction()` has nested in it; the transaction itself is the module's to end. */
const ENDING_CALLS: ReadonlySet<string | symbol> = new Set([
  'commitTransaction',
  'rollbackTransaction',
]);

/**
 * The same manager, on the same transaction, until `ended` gives an error: then it refuses. Without
 * it a handler that goes on after its timeout would write into whatever transaction comes next on
 * SQLite, where TypeORM has one query runner for all. And one that ends its
 * transaction, or releases its connection, would give an open transaction to the pool's next user.
 */
export function guardedManager(
  manager: EntityManager,
  handler: string,
  ended: () => Error | undefined,
): EntityManager {
  const runner = manager.queryRunner;
  if (!runner) return manager;
  const refusal = (key: string | symbol): Error | undefined => {
    if (key === 'release') return notYours(handler, key);
    if (!DATABASE_CALLS.has(key)) return undefined;
    const error = ended();
    if (error) return error;
    const whole = ENDING_CALLS.has(key) && transactionDepth(runner) <= 1;
    return whole ? notYours(handler, String(key)) : undefined;
  };
  const guarded: QueryRunner = new Proxy(runner, {
    get(target, key, receiver): unknown {
      // The runner's own manager would go round the guard.
      if (key === 'manager') return guardedByRunner;
      const error = refusal(key);
      if (!error) return Reflect.get(target, key, receiver);
      return () => Promise.reject(error);
    },
    // TypeORM 0.3's EntityManager makes itself its runner's manager; that must not outlive the handler.
    set: (target, key, value, receiver) =>
      key === 'manager' || Reflect.set(target, key, value, receiver),
  });
  const guardedByRunner = manager.connection.createEntityManager(guarded);
  return guardedByRunner;
}

function notYours(handler: string, call: string): EventHandlerError {
  return new EventHandlerError(
    `${handler} calls queryRunner.${call}() on the transaction that the module has begun for it, and ends itself, ` +
      'together with the mark that the handler has run. Leave the call out: return to commit, throw to roll back, use ' +
      'context.manager.transaction() for a part that may be undone alone.',
  );
}
