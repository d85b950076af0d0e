import type { MigrationClass, TableDefinition } from '../database/index.js';
import { inboxMigrations as migrationsFor, type InboxMigrationOptions } from '../inbox/index.js';
import { watchTable } from '../sources/armalo/index.js';
import { jobTable } from '../sources/armox/index.js';

/** What the sources keep beside the inbox. */
export const sourceTables: readonly TableDefinition[] = [jobTable, watchTable];

/**
 * The module's migrations, for the `migrations` of the application's own DataSource. Needed only where
 * the module does not run them itself (`migrationsRun: true`); doing both does no harm, since
 * every statement passes over what is there.
 */
export const inboxMigrations = (options: InboxMigrationOptions): MigrationClass[] =>
  migrationsFor(options, sourceTables);
