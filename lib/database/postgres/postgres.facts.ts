import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../../core/index.js';
import { assertVersion, type Product, type Requirement } from '../database.requirements.js';

export interface PostgresFacts extends Product {
  readonly product: 'PostgreSQL';
  /** Of the database's texts. */
  readonly encoding: string;
  readonly schema: string;
}

/**
 * The schema is fixed here, for good: a handler that sets the search path (a schema for each tenant)
 * must not lead our statements astray.
 */
export async function postgresFacts(
  own: DataSource,
  named: string | undefined,
): Promise<PostgresFacts> {
  const [row] = await own.query<Record<string, string | null>[]>(
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

const REQUIRED: Requirement = { version: [12, 0], because: 'older ones are not tried' };

/**
 * PostgreSQL converts texts to the database's encoding and refuses those that it cannot write. With
 * SQL_ASCII it converts nothing.
 */
const ENCODINGS: readonly string[] = ['UTF8', 'SQL_ASCII'];

/** @throws ArmoxArmaloConfigurationError where the inbox would not work */
export function assertPostgresCarries(facts: Omit<PostgresFacts, 'schema'>): void {
  assertVersion(facts, REQUIRED);
  if (ENCODINGS.includes(facts.encoding)) return;
  throw new ArmoxArmaloConfigurationError(
    'dataSource',
    `the database has the encoding ${facts.encoding}, which cannot hold all texts of events: those with other characters would be answered 503 for ever. ` +
      "Name a DataSource whose database is made with `CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`.",
  );
}
