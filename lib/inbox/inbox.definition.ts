import type { InboxTables } from './inbox.tables.js';
import type { SqlFamily } from '../database/index.js';

/**
 * What the statements of this version need: the sum of all migrations. A part of it is written as
 * `table t`, `column t.c` or `index t.i`.
 */
export function neededSchema(family: SqlFamily, tables: InboxTables): readonly string[] {
  const { names, prefix } = tables;
  const ofTable = (key: keyof typeof COLUMNS): readonly string[] => [
    `table ${names[key]}`,
    ...[...COLUMNS[key], ...(SPECIAL_COLUMNS[family][key] ?? [])].map(
      (column) => `column ${names[key]}.${column}`,
    ),
    ...[...INDEXES[key], ...(SPECIAL_INDEXES[family][key] ?? [])].map(
      (index) => `index ${names[key]}.${prefix}_${index}`,
    ),
  ];
  return (Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]).flatMap(ofTable);
}

const COLUMNS = {
  inbox: [
    ...['id', 'identity', 'due_at', 'received_at', 'occurred_at', 'finished_at', 'lease_until'],
    ...[
      'lease',
      'order_hash',
      'attempts',
      'stalled_count',
      'body_gone',
      'state',
      'origin',
      'source',
    ],
    ...[
      'account',
      'event_id',
      'name',
      'order_key',
      'completed_handlers',
      'reason',
      'last_error',
      'body',
    ],
  ],
  alone: ['lease', 'inbox_id'],
  attempt: ['id', 'inbox_id', 'attempt', 'handler', 'error', 'failed_at', 'duration'],
  leaderLock: ['name', 'owner', 'held_until'],
  replica: ['id', 'handlers', 'started_at', 'seen_until'],
  job: [
    ...['id', 'identity', 'source', 'account', 'job_id', 'status', 'stage', 'tracked'],
    ...['webhook_expected', 'beyond_list', 'polls', 'created_at', 'due_at', 'settled_at'],
    'inbox_id',
    'absences',
  ],
  watch: [
    ...['id', 'identity', 'source', 'account', 'kind', 'subject', 'state', 'misses'],
    ...['created_at', 'due_at'],
  ],
} as const;

const INDEXES: Readonly<Record<keyof typeof COLUMNS, readonly string[]>> = {
  inbox: ['identity', 'due', 'open_key', 'waiting', 'occurred'],
  alone: [],
  attempt: ['attempt_of'],
  leaderLock: [],
  replica: [],
  job: ['job_identity', 'job_due'],
  watch: ['watch_identity', 'watch_due'],
};

type Special = Readonly<
  Record<SqlFamily, Readonly<Partial<Record<keyof typeof COLUMNS, readonly string[]>>>>
>;

const SPECIAL_COLUMNS: Special = { postgres: {}, sqlite: {}, mysql: { inbox: ['open_key'] } };
const SPECIAL_INDEXES: Special = {
  postgres: { inbox: ['final'] },
  sqlite: { inbox: ['final'] },
  mysql: {},
};
