import type { QueryRunner } from 'typeorm';

/** TypeORM's own idea of a runner's transaction, which is not the database's; all its runners have these. */
interface Believed {
  isTransactionActive: boolean;
  transactionDepth: number;
}

const believed = (runner: QueryRunner): Believed => runner as unknown as Believed;

/** 0: none, 1: the transaction itself, more: `manager.transaction()`s nested in it. */
export const transactionDepth = (runner: QueryRunner): number => believed(runner).transactionDepth;

/** For a transaction that the database has ended by itself: TypeORM would believe in it for ever. */
export function forgetTransaction(runner: QueryRunner): void {
  believed(runner).isTransactionActive = false;
  believed(runner).transactionDepth = 0;
}
