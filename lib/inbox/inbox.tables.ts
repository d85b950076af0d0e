import { ArmoxArmaloConfigurationError } from '../core/index.js';
import { raw, type Sql, type SqlFamily } from '../database/index.js';

/** The names of our tables and indexes, made from the prefix; `sql` forms are quoted and, where the schema is known, qualified. */
export interface InboxTables {
  readonly prefix: string;
  /** Where they are: a schema of PostgreSQL, a database of MySQL; undefined on SQLite, and where it is not known yet. */
  readonly schema: string | undefined;
  readonly names: {
    readonly inbox: string;
    readonly attempt: string;
    readonly leaderLock: string;
    readonly replica: string;
    readonly alone: string;
    readonly job: string;
    readonly watch: string;
    readonly migration: string;
  };
  readonly inbox: Sql;
  readonly attempt: Sql;
  readonly leaderLock: Sql;
  /** Running workers, and the handlers that each of them has. */
  readonly replica: Sql;
  /** Claims whose event runs with nothing beside it in its process. */
  readonly alone: Sql;
  /** Runs of a service that end later: what is known of each, and when to ask again. */
  readonly job: Sql;
  /** What the poller looks at now and then, and what it remembers of it. */
  readonly watch: Sql;
  readonly migration: Sql;
  /** NOTIFY channel on PostgreSQL. */
  readonly channel: string;
}

export const DEFAULT_PREFIX = 'armox_armalo';

/**
 * What a prefix must be, as it completes "must be …". It goes into SQL unquoted as well, and leaves 23 of
 * PostgreSQL's 63 bytes for the longest ending of a table's, index's or sequence's name.
 */
export const TABLE_PREFIX =
  'lower-case letters, digits and underscores, not beginning with a digit, at most 40 characters';

export const isTablePrefix = (value: unknown): boolean =>
  typeof value === 'string' && /^[a-z_][a-z0-9_]{0,39}$/.test(value);

/** @throws ArmoxArmaloConfigurationError for a prefix that cannot be part of a name in every database */
export function inboxTables(family: SqlFamily, prefix: string, schema?: string): InboxTables {
  if (!isTablePrefix(prefix)) {
    throw new ArmoxArmaloConfigurationError('tablePrefix', `must be ${TABLE_PREFIX}.`);
  }
  const mark = family === 'mysql' ? '`' : '"';
  const quoted = (name: string): string => `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;
  const table = (name: string): Sql =>
    raw(schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`);
  const names = {
    inbox: `${prefix}_inbox`,
    attempt: `${prefix}_attempt`,
    leaderLock: `${prefix}_leader_lock`,
    replica: `${prefix}_replica`,
    alone: `${prefix}_alone`,
    job: `${prefix}_job`,
    watch: `${prefix}_watch`,
    migration: `${prefix}_migration`,
  };
  return {
    prefix,
    schema,
    names,
    inbox: table(names.inbox),
    attempt: table(names.attempt),
    leaderLock: table(names.leaderLock),
    replica: table(names.replica),
    alone: table(names.alone),
    job: table(names.job),
    watch: table(names.watch),
    migration: table(names.migration),
    channel: `${prefix}_stored`,
  };
}
