import type { MigrationInterface, QueryRunner } from 'typeorm';
import { DEFAULT_PREFIX, inboxTables, type InboxTables } from './inbox.tables.js';
import { familyOf, type SqlFamily } from '../database/index.js';
import { driverError, type Sql } from '../database/index.js';
import { LENGTHS } from './inbox.rows.js';
import { absencesColumn, reconcileTables } from './reconcile.tables.js';

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

export type MigrationClass = new () => MigrationInterface;

const STATES = "'open', 'waiting', 'done', 'ignored', 'dead'";

/**
 * The inbox's migrations, for the `migrations` of the application's own DataSource. Needed only where
 * the module does not run them itself (`migrationsRun: true`); doing both does no harm, since
 * every statement passes over what is there.
 */
export function inboxMigrations(options: InboxMigrationOptions): MigrationClass[] {
  const family = familyOf(options.type);
  const tables = inboxTables(family, options.tablePrefix ?? DEFAULT_PREFIX, options.schema);
  return [
    migration(
      `${tables.prefix}_inbox_1763769600000`,
      definitions[family](tables),
      [tables.attempt, tables.leaderLock, tables.inbox].map(dropped),
    ),
    migration(
      `${tables.prefix}_reconcile_1763856000000`,
      reconcileTables(family, tables),
      [tables.job, tables.watch].map(dropped),
    ),
    occurredMigration(family, tables),
    replicaMigration(family, tables),
    migration(`${tables.prefix}_absences_1764118800000`, absencesColumn(family, tables), [
      `ALTER TABLE ${tables.job.sql} DROP COLUMN absences`,
    ]),
  ];
}

/** TypeORM reads the time off the end of the name, and tells migrations apart by it. */
function migration(title: string, up: readonly string[], down: readonly string[]): MigrationClass {
  return class implements MigrationInterface {
    readonly name = title;

    async up(runner: QueryRunner): Promise<void> {
      for (const statement of up) await runner.query(statement).catch(unlessThere);
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const statement of down) await runner.query(statement);
    }
  };
}

const dropped = (table: Sql): string => `DROP TABLE IF EXISTS ${table.sql}`;

/** MySQL has no IF NOT EXISTS for an index or a column, SQLite none for a column. */
function unlessThere(error: unknown): void {
  const { code, message } = driverError(error);
  if (code === 'ER_DUP_KEYNAME' || code === 'ER_DUP_FIELDNAME') return;
  if (!message.startsWith('duplicate column name')) throw error;
}

/** Finds what is newer than an event of an ordering key, for handlers that skip stale ones. */
function occurredMigration(family: SqlFamily, tables: InboxTables): MigrationClass {
  const { prefix, inbox, schema } = tables;
  const name = `${prefix}_occurred`;
  const on = `${inbox.sql} (order_hash, occurred_at)`;
  const title = `${name}_1763942400000`;
  if (family === 'mysql') {
    return migration(
      title,
      [`CREATE INDEX ${name} ON ${on}`],
      [`DROP INDEX ${name} ON ${inbox.sql}`],
    );
  }
  const qualified =
    schema === undefined ? `"${name}"` : `"${schema.replaceAll('"', '""')}"."${name}"`;
  return migration(
    title,
    [index(name, `${on} WHERE order_hash IS NOT NULL`)],
    [`DROP INDEX IF EXISTS ${qualified}`],
  );
}

/** Which handlers the running workers have, and which claims run their event with nothing beside it. */
function replicaMigration(family: SqlFamily, tables: InboxTables): MigrationClass {
  const type = {
    postgres: { id: 'text', texts: 'text', number: 'bigint', lease: 'bytea', end: '' },
    sqlite: { id: 'TEXT', texts: 'TEXT', number: 'INTEGER', lease: 'BLOB', end: '' },
    mysql: {
      id: 'VARCHAR(64)',
      texts: 'MEDIUMTEXT',
      number: 'BIGINT',
      lease: 'BINARY(16)',
      end: ' ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    },
  }[family];
  return migration(
    `${tables.prefix}_replica_1764028800000`,
    [
      `CREATE TABLE IF NOT EXISTS ${tables.replica.sql} (
        id ${type.id} NOT NULL PRIMARY KEY,
        handlers ${type.texts} NOT NULL,
        started_at ${type.number} NOT NULL,
        seen_until ${type.number} NOT NULL
      )${type.end}`,
      `CREATE TABLE IF NOT EXISTS ${tables.alone.sql} (
        lease ${type.lease} NOT NULL PRIMARY KEY,
        inbox_id ${type.number} NOT NULL
      )${type.end}`,
    ],
    [tables.replica, tables.alone].map(dropped),
  );
}

const definitions: Record<SqlFamily, (tables: InboxTables) => readonly string[]> = {
  postgres: (tables) => [
    `CREATE TABLE IF NOT EXISTS ${tables.inbox.sql} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      identity bytea NOT NULL,
      due_at bigint NOT NULL,
      received_at bigint NOT NULL,
      occurred_at bigint,
      finished_at bigint,
      lease_until bigint,
      lease bytea,
      order_hash bytea,
      attempts integer NOT NULL DEFAULT 0,
      stalled_count integer NOT NULL DEFAULT 0,
      body_gone smallint NOT NULL DEFAULT 0,
      state text NOT NULL CHECK (state IN (${STATES})),
      origin text NOT NULL,
      source text NOT NULL,
      account text NOT NULL,
      event_id text NOT NULL,
      name text NOT NULL,
      order_key text,
      completed_handlers text NOT NULL DEFAULT '[]',
      reason text,
      last_error text,
      body bytea,
      CHECK ((state IN ('open', 'waiting')) = (finished_at IS NULL))
    ) WITH (fillfactor = 50)`,
    ...partialIndexes(tables),
    `CREATE TABLE IF NOT EXISTS ${tables.attempt.sql} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      inbox_id bigint NOT NULL,
      attempt integer NOT NULL,
      handler text NOT NULL,
      error text NOT NULL,
      failed_at bigint NOT NULL,
      duration bigint NOT NULL
    )`,
    index(`${tables.prefix}_attempt_of`, `${tables.attempt.sql} (inbox_id, id)`),
    `CREATE TABLE IF NOT EXISTS ${tables.leaderLock.sql} (
      name text PRIMARY KEY, owner text NOT NULL, held_until bigint NOT NULL
    )`,
  ],
  sqlite: (tables) => [
    `CREATE TABLE IF NOT EXISTS ${tables.inbox.sql} (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      identity BLOB NOT NULL,
      due_at INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      occurred_at INTEGER,
      finished_at INTEGER,
      lease_until INTEGER,
      lease BLOB,
      order_hash BLOB,
      attempts INTEGER NOT NULL DEFAULT 0,
      stalled_count INTEGER NOT NULL DEFAULT 0,
      body_gone INTEGER NOT NULL DEFAULT 0,
      state TEXT NOT NULL CHECK (state IN (${STATES})),
      origin TEXT NOT NULL,
      source TEXT NOT NULL,
      account TEXT NOT NULL,
      event_id TEXT NOT NULL,
      name TEXT NOT NULL,
      order_key TEXT,
      completed_handlers TEXT NOT NULL DEFAULT '[]',
      reason TEXT,
      last_error TEXT,
      body BLOB,
      CHECK ((state IN ('open', 'waiting')) = (finished_at IS NULL))
    )`,
    ...partialIndexes(tables),
    `CREATE TABLE IF NOT EXISTS ${tables.attempt.sql} (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      inbox_id INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      handler TEXT NOT NULL,
      error TEXT NOT NULL,
      failed_at INTEGER NOT NULL,
      duration INTEGER NOT NULL
    )`,
    index(`${tables.prefix}_attempt_of`, `${tables.attempt.sql} (inbox_id, id)`),
    `CREATE TABLE IF NOT EXISTS ${tables.leaderLock.sql} (
      name TEXT PRIMARY KEY, owner TEXT NOT NULL, held_until INTEGER NOT NULL
    )`,
  ],
  mysql: (tables) => [
    // Partial indexes do not exist: the state leads each index, and `open_key` is null but for open rows.
    `CREATE TABLE IF NOT EXISTS ${tables.inbox.sql} (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      identity BINARY(16) NOT NULL,
      due_at BIGINT NOT NULL,
      received_at BIGINT NOT NULL,
      occurred_at BIGINT,
      finished_at BIGINT,
      lease_until BIGINT,
      lease BINARY(16),
      order_hash BINARY(16),
      attempts INT NOT NULL DEFAULT 0,
      stalled_count INT NOT NULL DEFAULT 0,
      body_gone TINYINT NOT NULL DEFAULT 0,
      state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (state IN (${STATES})),
      origin VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      source VARCHAR(${LENGTHS.source}) NOT NULL,
      account VARCHAR(${LENGTHS.account}) NOT NULL,
      event_id VARCHAR(${LENGTHS.eventId}) NOT NULL,
      name VARCHAR(${LENGTHS.name}) NOT NULL,
      order_key VARCHAR(${LENGTHS.orderKey}),
      completed_handlers MEDIUMTEXT NOT NULL,
      reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
      last_error TEXT,
      body LONGBLOB,
      open_key BINARY(16) GENERATED ALWAYS AS (CASE WHEN state = 'open' THEN order_hash END) STORED,
      UNIQUE KEY ${tables.prefix}_identity (identity),
      UNIQUE KEY ${tables.prefix}_open_key (open_key),
      KEY ${tables.prefix}_due (state, body_gone, due_at, id),
      KEY ${tables.prefix}_waiting (state, order_hash, id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    `CREATE TABLE IF NOT EXISTS ${tables.attempt.sql} (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      inbox_id BIGINT NOT NULL,
      attempt INT NOT NULL,
      handler VARCHAR(255) NOT NULL,
      error TEXT NOT NULL,
      failed_at BIGINT NOT NULL,
      duration BIGINT NOT NULL,
      KEY ${tables.prefix}_attempt_of (inbox_id, id)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    `CREATE TABLE IF NOT EXISTS ${tables.leaderLock.sql} (
      name VARCHAR(64) NOT NULL PRIMARY KEY,
      owner VARCHAR(64) NOT NULL,
      held_until BIGINT NOT NULL
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  ],
};

/** A claim changes none of these columns, so PostgreSQL leaves all indexes alone (a HOT update). */
function partialIndexes(tables: InboxTables): readonly string[] {
  const { prefix, inbox } = tables;
  return [
    index(`${prefix}_identity`, `${inbox.sql} (identity)`, 'UNIQUE '),
    index(`${prefix}_due`, `${inbox.sql} (due_at, id) WHERE state = 'open'`),
    index(
      `${prefix}_open_key`,
      `${inbox.sql} (order_hash) WHERE state = 'open' AND order_hash IS NOT NULL`,
      'UNIQUE ',
    ),
    index(`${prefix}_waiting`, `${inbox.sql} (order_hash, id) WHERE state = 'waiting'`),
    index(
      `${prefix}_final`,
      `${inbox.sql} (state, body_gone, due_at) WHERE finished_at IS NOT NULL`,
    ),
  ];
}

const index = (name: string, on: string, kind = ''): string =>
  `CREATE ${kind}INDEX IF NOT EXISTS "${name}" ON ${on}`;
