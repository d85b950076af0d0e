import type { DataSource } from 'typeorm';
import type { Clock } from '../core/index.js';
import type { Database } from './database.js';
import type { Dialect } from './dialect.js';
import type { InsertStrategy } from './insert.strategy.js';
import type { Exclusively } from './migrator.js';
import type { RowTransactions } from './row.transactions.js';
import type { SchemaDialect } from './schema.dialect.js';

export interface OpenOptions {
  /** Connections of our own, at least 2; on servers. */
  readonly poolSize: number;
  /** Milliseconds that a new connection may take. */
  readonly connectTimeout: number;
  /** Instead of the database's clock; for tests. */
  readonly clock: Clock | undefined;
}

/** All that is different about a database, in one value. */
export interface DatabaseDriver {
  /** The DataSource's `type`s that it is for. */
  readonly types: readonly string[];
  readonly schemaDialect: SchemaDialect;
  /** Connections that the pool of the application's DataSource opens at most; undefined where there is one connection. */
  poolSizeOf(application: DataSource): number | undefined;
  /**
   * Opens connections of our own, from the options of the application's DataSource.
   * @throws ArmoxArmaloConfigurationError where its version or settings do not carry an inbox
   */
  open(application: DataSource, options: OpenOptions): Promise<OpenDatabase>;
}

/** The application's database, on connections of our own. */
export interface OpenDatabase {
  readonly database: Database;
  readonly dialect: Dialect;
  /** Schema (PostgreSQL) or database (MySQL) for our tables; undefined where there is one place. */
  readonly schema: string | undefined;
  /** What tells the same place in the options of a DataSource. */
  readonly place: { readonly type: string; readonly schema?: string | undefined };
  readonly inserts: InsertStrategy;
  readonly rowTransactions: RowTransactions;
  readonly exclusively: Exclusively;
  /** Bytes of the longest value that one statement carries beside so many bytes of others; undefined = no bound. */
  largestValue(beside: number): number | undefined;
  /** Whether the caller runs inside a transaction that what it writes becomes part of. */
  joins(this: void): boolean;
  /** Calls `wake` when another process notifies the channel, where the database can. @returns how to stop */
  listen(this: void, channel: string, wake: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
