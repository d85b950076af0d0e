import type { Clock } from '../core/index.js';
import { InsertHooks, type InsertHook } from './insert.hooks.js';
import type { InboxSchema } from './inbox.schema.js';
import type { InboxStore } from './inbox.store.js';
import type { InboxDatabase } from './inbox.database.js';

export interface InboxOptions {
  /** Connections of our own on PostgreSQL and MySQL/MariaDB, at least 2. Default 3. */
  readonly poolSize?: number | undefined;
  /** Beginning of the tables' names. Default `armox_armalo`. */
  readonly tablePrefix?: string | undefined;
  /** Milliseconds within which an event must be committed. Default 5000. */
  readonly ingestTimeout?: number | undefined;
  /** Instead of the database's clock; for tests. */
  readonly clock?: Clock | undefined;
  /** Made with the store's own parts, since they write in its transactions. Default: none. */
  readonly insertHooks?: readonly ((inbox: InboxDatabase) => InsertHook | undefined)[] | undefined;
}

export const DEFAULT_POOL_SIZE = 3;
export const DEFAULT_INGEST_TIMEOUT = 5_000;

/** A store with what belongs to it, ready to use. */
export interface OpenedInbox {
  readonly store: InboxStore;
  readonly parts: InboxDatabase;
  readonly schema: InboxSchema;
  /** Bytes of the largest body that the database takes; undefined where it sets no bound of its own. */
  readonly largestBody?: number | undefined;
  readonly close: () => Promise<void>;
}

export function insertHooksOf(
  parts: InboxDatabase,
  { insertHooks = [] }: InboxOptions,
): InsertHooks {
  return new InsertHooks(insertHooks.flatMap((make) => make(parts) ?? []));
}
