import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../../core/index.js';
import { assertVersion, type Product, type Requirement } from '../database.requirements.js';

export interface MysqlFacts extends Product {
  readonly product: 'MySQL' | 'MariaDB';
  /** The database that the tables are in. */
  readonly schema: string;
  /** `max_allowed_packet` in bytes: the longest statement. */
  readonly longestStatement: number;
  /** Whether replication is told statements instead of rows. */
  readonly logsStatements: boolean;
}

export async function mysqlFacts(own: DataSource): Promise<MysqlFacts> {
  const [current] = await own.query<{ name: string | null }[]>('SELECT DATABASE() AS name');
  if (current?.name == null) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      'it names no database, so there is no place for the tables. Give it the option `database`.',
    );
  }
  // Not `@@name`, which is an error where a version does not have the variable.
  const rows = await own.query<
    { Variable_name: string; Value: string | null }[]
  >(`SHOW VARIABLES WHERE Variable_name IN
    ('version', 'max_allowed_packet', 'log_bin', 'binlog_format')`);
  const variables = new Map(rows.map((row) => [row.Variable_name, row.Value ?? '']));
  const version = variables.get('version') ?? '';
  return {
    product: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL',
    version,
    schema: current.name,
    longestStatement: Number(variables.get('max_allowed_packet')),
    logsStatements:
      variables.get('log_bin') === 'ON' && variables.get('binlog_format') === 'STATEMENT',
  };
}

const BECAUSE = 'workers share their events by `SKIP LOCKED`';

const REQUIRED: Readonly<Record<MysqlFacts['product'], Requirement>> = {
  MySQL: { version: [8, 0], because: BECAUSE },
  MariaDB: { version: [10, 6], because: BECAUSE },
};

/** @throws ArmoxArmaloConfigurationError where the inbox would not work */
export function assertMysqlCarries(
  facts: Pick<MysqlFacts, 'product' | 'version' | 'logsStatements'>,
): void {
  assertVersion(facts, REQUIRED[facts.product]);
  if (!facts.logsStatements) return;
  throw new ArmoxArmaloConfigurationError(
    'dataSource',
    'the server has `binlog_format=STATEMENT`, with which it refuses every write of a READ COMMITTED transaction: each event would be answered 503. ' +
      'Set `binlog_format` to ROW (or MIXED) on the server.',
  );
}
