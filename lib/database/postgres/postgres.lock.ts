import type { DataSource } from 'typeorm';
import type { Exclusively } from '../migrator.js';

/** A number for a lock from its name, the same on every replica. */
function numberOf(name: string): number {
  let sum = 0;
  for (const byte of Buffer.from(name)) sum = (sum * 31 + byte) % 2_147_483_647;
  return sum;
}

export const exclusivelyOnPostgres =
  (own: DataSource, schema: string): Exclusively =>
  async (lock, work) => {
    const runner = own.createQueryRunner('master');
    try {
      await runner.startTransaction();
      // Ends with the transaction, so it works behind a pooler too.
      await runner.query(`SELECT pg_advisory_xact_lock(${numberOf(`${schema}.${lock}`)})`);
      await work(runner);
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  };
