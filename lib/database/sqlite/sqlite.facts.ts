import { assertVersion, type Product } from '../database.requirements.js';
import type { SqliteConnection } from './sqlite.connection.js';

export function sqliteFacts(connection: SqliteConnection): Product {
  const [row] = connection.all('SELECT sqlite_version() AS version');
  return { product: 'SQLite', version: String(row?.['version']) };
}

/** @throws ArmoxArmaloConfigurationError where the inbox would not work */
export const assertSqliteCarries = (facts: Product): void =>
  assertVersion(facts, { version: [3, 35], because: 'changes tell their rows by `RETURNING`' });
