import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../core/index.js';
import { poolSizeOf } from '../database/index.js';

/**
 * Where all is done on one connection, transactional handlers wait for it, however many are allowed.
 * @throws ArmoxArmaloConfigurationError when more handlers may run than connections are there for them
 */
export function assertPoolCarries(dataSource: DataSource, transactions: number | undefined): void {
  const pool = poolSizeOf(dataSource);
  if (pool === undefined || transactions === undefined || transactions <= pool) return;
  throw new ArmoxArmaloConfigurationError(
    'worker.transactions',
    `is ${transactions}, but the pool of your DataSource has ${pool} connections, and each transactional handler ` +
      `holds one. Write at most ${pool} (better ${Math.max(1, pool - 2)}, so that your own queries find one), or raise \`poolSize\` of the DataSource.`,
  );
}
