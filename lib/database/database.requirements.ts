import { ArmoxArmaloConfigurationError } from '../core/index.js';
import type { DatabaseFacts } from './database.facts.js';

interface Requirement {
  /** Major and minor. */
  readonly version: readonly [number, number];
  readonly because: string;
}

const REQUIRED: Readonly<Record<DatabaseFacts['product'], Requirement>> = {
  PostgreSQL: { version: [12, 0], because: 'older ones are not tried' },
  MySQL: { version: [8, 0], because: 'workers share their events by `SKIP LOCKED`' },
  MariaDB: { version: [10, 6], because: 'workers share their events by `SKIP LOCKED`' },
  SQLite: { version: [3, 35], because: 'changes tell their rows by `RETURNING`' },
};

/**
 * PostgreSQL converts texts to the database's encoding and refuses those that it cannot write. With
 * SQL_ASCII it converts nothing.
 */
const ENCODINGS: readonly string[] = ['UTF8', 'SQL_ASCII'];

/** @throws ArmoxArmaloConfigurationError where the inbox would not work on this database */
export function assertUsable(facts: DatabaseFacts): void {
  const { product, version, encoding, logsStatements } = facts;
  const required = REQUIRED[product];
  if (isOlder(version, required.version)) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      `the database is ${product} ${version}; ${required.version.join('.')} or later is needed, since ${required.because}.`,
    );
  }
  if (encoding !== undefined && !ENCODINGS.includes(encoding)) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      `the database has the encoding ${encoding}, which cannot hold all texts of events: those with other characters would be answered 503 for ever. ` +
        "Name a DataSource whose database is made with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`.",
    );
  }
  if (logsStatements === true) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      'the server has `binlog_format=STATEMENT`, with which it refuses every write of a READ COMMITTED transaction: each event would be answered 503. ' +
        'Set `binlog_format` to ROW (or MIXED) on the server.',
    );
  }
}

/** A version that cannot be read is taken for new. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const found = /^(\d+)(?:\.(\d+))?/.exec(version);
  if (!found) return false;
  const [foundMajor, foundMinor] = [Number(found[1]), Number(found[2] ?? 0)];
  return foundMajor < major || (foundMajor === major && foundMinor < minor);
}
