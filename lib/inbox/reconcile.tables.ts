import { LENGTHS } from './inbox.rows.js';
import type { InboxTables } from './inbox.tables.js';
import type { SqlFamily } from '../database/index.js';

/**
 * The tables of what the poller looks after: `job`, runs that end later, and `watch`, what it looks
 * at now and then. `due_at` is null where nothing is to be asked. `identity` hashes the texts that
 * must be unique.
 */
export function reconcileTables(family: SqlFamily, tables: InboxTables): readonly string[] {
  const { prefix } = tables;
  const type = TYPES[family];
  const unique = (table: string): string =>
    family === 'mysql' ? `,\n      UNIQUE KEY ${prefix}_${table}_identity (identity)` : '';
  const due = (table: string): string =>
    family === 'mysql' ? `,\n      KEY ${prefix}_${table}_due (source, due_at, id)` : '';
  const indexes = (table: string, name: string): readonly string[] =>
    family === 'mysql'
      ? []
      : [
          `CREATE UNIQUE INDEX IF NOT EXISTS "${prefix}_${table}_identity" ON ${name} (identity)`,
          `CREATE INDEX IF NOT EXISTS "${prefix}_${table}_due" ON ${name} (source, due_at, id) WHERE due_at IS NOT NULL`,
        ];
  return [
    `CREATE TABLE IF NOT EXISTS ${tables.job.sql} (
      id ${type.id},
      identity ${type.hash} NOT NULL,
      source ${type.text(LENGTHS.source)} NOT NULL,
      account ${type.text(LENGTHS.account)} NOT NULL,
      job_id ${type.text(200)} NOT NULL,
      status ${type.text(100)} NOT NULL,
      stage ${type.flag} NOT NULL,
      tracked ${type.flag} NOT NULL,
      webhook_expected ${type.flag} NOT NULL,
      beyond_list ${type.flag} NOT NULL DEFAULT 0,
      polls ${type.count} NOT NULL DEFAULT 0,
      created_at ${type.number} NOT NULL,
      due_at ${type.number},
      settled_at ${type.number},
      inbox_id ${type.number}${unique('job')}${due('job')}
    )${type.end}`,
    ...indexes('job', tables.job.sql),
    `CREATE TABLE IF NOT EXISTS ${tables.watch.sql} (
      id ${type.id},
      identity ${type.hash} NOT NULL,
      source ${type.text(LENGTHS.source)} NOT NULL,
      account ${type.text(LENGTHS.account)} NOT NULL,
      kind ${type.text(64)} NOT NULL,
      subject ${type.text(LENGTHS.eventId)} NOT NULL,
      state ${type.state} NOT NULL,
      misses ${type.count} NOT NULL DEFAULT 0,
      created_at ${type.number} NOT NULL,
      due_at ${type.number}${unique('watch')}${due('watch')}
    )${type.end}`,
    ...indexes('watch', tables.watch.sql),
  ];
}

/** Looks in a row at which the service did not know the job. */
export function absencesColumn(family: SqlFamily, tables: InboxTables): readonly string[] {
  const passOver = family === 'postgres' ? ' IF NOT EXISTS' : '';
  return [
    `ALTER TABLE ${tables.job.sql} ADD COLUMN${passOver} absences ${TYPES[family].count} NOT NULL DEFAULT 0`,
  ];
}

const TYPES = {
  postgres: {
    id: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    hash: 'bytea',
    text: () => 'text',
    state: 'text',
    number: 'bigint',
    count: 'integer',
    flag: 'smallint',
    end: '',
  },
  mysql: {
    id: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
    hash: 'BINARY(16)',
    text: (characters: number) => `VARCHAR(${characters})`,
    state: 'MEDIUMTEXT',
    number: 'BIGINT',
    count: 'INT',
    flag: 'TINYINT',
    end: ' ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  },
  sqlite: {
    id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    hash: 'BLOB',
    text: () => 'TEXT',
    state: 'TEXT',
    number: 'INTEGER',
    count: 'INTEGER',
    flag: 'INTEGER',
    end: '',
  },
} as const;
