import {
  creation,
  driverOf,
  type MigrationClass,
  type TableDefinition,
} from '../database/index.js';
import { assertTablePrefix, DEFAULT_PREFIX, InboxTables } from './inbox.tables.js';
import { INBOX_TABLES } from './table.definitions.js';

export interface InboxMigrationOptions {
  /** `type` of the DataSource that the migrations are for. */
  readonly type: string;
  /** As the module's option `tablePrefix`. Default `armox_armalo`. */
  readonly tablePrefix?: string | undefined;
  /**
   * Schema that the tables are in: as the DataSource's option `schema` (PostgreSQL). Default: the first
   * one of the connection's search path.
   */
  readonly schema?: string | undefined;
}

const FIRST_VERSION = '1763769600000';

/** The inbox's tables are one migration; one more for each of the sources' tables, of which some may come later. */
export function migrationsOf(tables: InboxTables): MigrationClass[] {
  const title = (name: string): string => `${tables.prefix}_${name}_${FIRST_VERSION}`;
  return [
    creation(title('inbox'), tables, INBOX_TABLES),
    ...tables.ofSources.map((table) => creation(title(table.name), tables, [table])),
  ];
}

/**
 * For the `migrations` of a DataSource; they pass over what is there.
 * @param ofSources tables that the sources keep beside the inbox
 */
export function inboxMigrations(
  { type, tablePrefix = DEFAULT_PREFIX, schema }: InboxMigrationOptions,
  ofSources: readonly TableDefinition[] = [],
): MigrationClass[] {
  const driver = driverOf(type);
  assertTablePrefix(tablePrefix);
  return migrationsOf(new InboxTables(driver, tablePrefix, schema, ofSources));
}
