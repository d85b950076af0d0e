import type { QueryRunner } from 'typeorm';

/**
 * TypeORM rolls back one level at a time, and a handler that was cut off at its timeout may be inside a
 * nested `manager.transaction()`: one call would leave the outer transaction, and its locks, open.
 */
export async function rollBackWhole(runner: QueryRunner): Promise<void> {
  while (runner.isTransactionActive) await runner.rollbackTransaction();
}
