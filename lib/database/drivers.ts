import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../core/index.js';
import type { DatabaseDriver } from './database.driver.js';
import { mysql } from './mysql/mysql.js';
import { postgres } from './postgres/postgres.js';
import { sqlite } from './sqlite/sqlite.js';

const DRIVERS: readonly DatabaseDriver[] = [postgres, mysql, sqlite];

/**
 * @param type of a DataSource
 * @throws ArmoxArmaloConfigurationError for one that the inbox has no store for
 */
export function driverOf(type: string): DatabaseDriver {
  const driver = DRIVERS.find(({ types }) => types.includes(type));
  if (driver) return driver;
  const known = DRIVERS.flatMap(({ types }) => types).join(', ');
  throw new ArmoxArmaloConfigurationError(
    'dataSource',
    `type \`${type}\` is not supported; use ${known}.`,
  );
}

/** Connections that the DataSource's pool opens at most; undefined where all is done on one. */
export const poolSizeOf = (dataSource: DataSource): number | undefined =>
  driverOf(dataSource.options.type).poolSizeOf(dataSource);
