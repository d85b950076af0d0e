import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../core/index.js';
import type { SqliteConnection } from './sqlite/sqlite.connection.js';

/** What is asked of a database once, at boot, before the inbox relies on it. */
export interface DatabaseFacts {
  readonly product: 'PostgreSQL' | 'MySQL' | 'MariaDB' | 'SQLite';
  /** As the database writes it. */
  readonly version: string;
  /** Where our tables are: the schema on PostgreSQL, the database on MySQL and MariaDB. */
  readonly schema?: string;
  /** Of the database's texts; PostgreSQL only. */
  readonly encoding?: string;
  /** `max_allowed_packet` in bytes: the longest statement; MySQL and MariaDB only. */
  readonly longestStatement?: number;
  /** Whether replication is told statements instead of rows; MySQL and MariaDB only. */
  readonly logsStatements?: boolean;
}

type Texts = Readonly<Record<string, string | null>>;

/**
 * The schema is fixed here, for good: a handler that sets the search path (a schema for each tenant)
 * must not lead our statements astray.
 */
export async function postgresFacts(
  own: DataSource,
  named: string | undefined,
): Promise<DatabaseFacts> {
  const [row] = await own.query<Texts[]>(
    `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
      (SELECT nspname FROM pg_namespace WHERE nspname = coalesce($1::text, current_schema())) AS schema`,
    [named ?? null],
  );
  const { version, encoding, schema } = row ?? {};
  if (schema == null) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      named === undefined
        ? 'no schema of its search path exists, so there is no place for the tables. Name one with the option `schema` of the DataSource.'
        : `its schema "${named}" does not exist. Create it, or name another one.`,
    );
  }
  return { product: 'PostgreSQL', version: version ?? '', encoding: encoding ?? '', schema };
}

export async function mysqlFacts(own: DataSource): Promise<DatabaseFacts> {
  const [current] = await own.query<Texts[]>('SELECT DATABASE() AS name');
  if (current?.['name'] == null) {
    throw new ArmoxArmaloConfigurationError(
      'dataSource',
      'it names no database, so there is no place for the tables. Give it the option `database`.',
    );
  }
  // Not `@@name`, which is an error where a version does not have the variable.
  const rows = await own.query<Texts[]>(`SHOW VARIABLES WHERE Variable_name IN
    ('version', 'max_allowed_packet', 'log_bin', 'binlog_format')`);
  const variables = new Map(rows.map((row) => [row['Variable_name'], row['Value'] ?? '']));
  const version = variables.get('version') ?? '';
  return {
    product: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL',
    version,
    schema: current['name'],
    longestStatement: Number(variables.get('max_allowed_packet')),
    logsStatements:
      variables.get('log_bin') === 'ON' && variables.get('binlog_format') === 'STATEMENT',
  };
}

export function sqliteFacts(connection: SqliteConnection): DatabaseFacts {
  const [row] = connection.all('SELECT sqlite_version() AS version');
  return { product: 'SQLite', version: String(row?.['version']) };
}
