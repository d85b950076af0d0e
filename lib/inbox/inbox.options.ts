import type { Clock } from '../core/index.js';
import type { TableDefinition } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';
import type { InsertHook } from './insert.hooks.js';

export interface InboxOptions {
  /** Connections of our own on PostgreSQL and MySQL/MariaDB, at least 2. Default 3. */
  readonly poolSize?: number | undefined;
  /** Beginning of the tables' names. Default `armox_armalo`. */
  readonly tablePrefix?: string | undefined;
  /** Milliseconds within which an event must be committed. Default 5000. */
  readonly ingestTimeout?: number | undefined;
  /** Of the application, kept with the events that it runs. Default: null. */
  readonly release?: string | null | undefined;
  /** Instead of the database's clock; for tests. */
  readonly clock?: Clock | undefined;
  /** What the sources keep beside the inbox. Default: nothing. */
  readonly tables?: readonly TableDefinition[] | undefined;
  /** Made with the inbox's own database, since they write in its transactions. Default: none. */
  readonly insertHooks?: readonly ((inbox: InboxDatabase) => InsertHook | undefined)[] | undefined;
}

export const DEFAULT_POOL_SIZE = 3;
export const DEFAULT_INGEST_TIMEOUT = 5_000;
