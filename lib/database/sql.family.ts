import { ArmoxArmaloConfigurationError } from '../core/index.js';

export type SqlFamily = 'postgres' | 'mysql' | 'sqlite';

const FAMILIES: Readonly<Record<string, SqlFamily>> = {
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  'better-sqlite3': 'sqlite',
  sqljs: 'sqlite',
};

/** @throws ArmoxArmaloConfigurationError for a DataSource type that the inbox has no store for */
export function familyOf(type: string): SqlFamily {
  const family = FAMILIES[type];
  if (family === undefined) {
    const known = Object.keys(FAMILIES).join(', ');
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      `type \`${type}\` is not supported; use ${known}.`,
    );
  }
  return family;
}
