import type { EntityManager, QueryRunner } from 'typeorm';

const DATABASE_CALLS: ReadonlySet<string | symbol> = new Set([
  'query',
  'stream',
  'startTransaction',
  'commitTransaction',
  'rollbackTransaction',
]);

/**
 * The same manager, on the same transaction, until `ended` gives an error: then it refuses. Without
 * it a handler that goes on after its timeout would write into whatever transaction comes next on
 * SQLite, where TypeORM has one query runner for all (toolchain.md section 3).
 */
export function guardedManager(
  manager: EntityManager,
  ended: () => Error | undefined,
): EntityManager {
  const runner = manager.queryRunner;
  if (!runner) return manager;
  const guarded: QueryRunner = new Proxy(runner, {
    get(target, key, receiver): unknown {
      // The runner's own manager would go round the guard.
      if (key === 'manager') return guardedByRunner;
      const error = DATABASE_CALLS.has(key) ? ended() : undefined;
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
