import type { MigrationClass } from '../database/index.js';
import { inboxMigrations as migrationsOf, type InboxMigrationOptions } from '../inbox/index.js';
import type { SourceDefinition } from '../source-definition/index.js';
import { BUILT_IN_SOURCES } from './built-in.sources.js';

export interface ArmoxArmaloMigrationOptions extends InboxMigrationOptions {
  /** As the module's option `sources`, of which some may have tables. Default none. */
  readonly sources?: readonly SourceDefinition[];
}

/**
 * The module's migrations, for the `migrations` of the application's own DataSource. Needed only where
 * the module does not run them itself (`migrationsRun: true`); doing both does no harm, since
 * every statement passes over what is there.
 */
export function inboxMigrations({
  sources = [],
  ...options
}: ArmoxArmaloMigrationOptions): MigrationClass[] {
  const tables = [...BUILT_IN_SOURCES, ...sources].flatMap(({ tables: own = [] }) => own);
  return migrationsOf(options, tables);
}
