import { LONGEST_TRACE_CONTEXT } from '../core/index.js';
import { minuteTable } from './minute.table.js';
import { OPERATION_TABLES } from './operation.tables.js';
import { column, defineTable, optional, primary, startingAt } from '../database/index.js';

/** Lengths of the text columns, in characters. */
export const LENGTHS = {
  source: 64,
  account: 191,
  eventId: 255,
  name: 191,
  orderKey: 255,
  handler: 255,
  release: 64,
} as const;

/** The events. A claim changes no column that is in an index. */
export const inboxTable = defineTable({
  name: 'inbox',
  columns: {
    id: column.id(),
    identity: column.hash(),
    due_at: column.time(),
    received_at: column.time(),
    occurred_at: optional(column.time()),
    finished_at: optional(column.time()),
    lease_until: optional(column.time()),
    lease: optional(column.hash()),
    order_hash: optional(column.hash()),
    attempts: startingAt(0, column.count()),
    stalled_count: startingAt(0, column.count()),
    body_gone: startingAt(0, column.flag()),
    state: column.ascii(8),
    origin: column.ascii(16),
    source: column.name(LENGTHS.source),
    account: column.name(LENGTHS.account),
    event_id: column.name(LENGTHS.eventId),
    name: column.name(LENGTHS.name),
    order_key: optional(column.name(LENGTHS.orderKey)),
    completed_handlers: column.longText(),
    reason: optional(column.ascii(64)),
    last_error: optional(column.text()),
    /** Of `last_error`, for those that have failed. */
    fingerprint: optional(column.ascii(12)),
    trace_context: optional(column.ascii(LONGEST_TRACE_CONTEXT)),
    /** Of the application that has run it last; `release` is a keyword of MySQL's. */
    app_release: optional(column.name(LENGTHS.release)),
    body: optional(column.bytes()),
  },
  checks: [
    "state IN ('open', 'waiting', 'done', 'ignored', 'dead')",
    "(state IN ('open', 'waiting')) = (finished_at IS NULL)",
  ],
  indexes: [
    { name: 'identity', columns: ['identity'], unique: true },
    {
      name: 'due',
      columns: ['due_at', 'id'],
      where: "state = 'open'",
      whole: ['state', 'body_gone', 'due_at', 'id'],
    },
    {
      name: 'open_key',
      columns: ['order_hash'],
      unique: true,
      where: "state = 'open' AND order_hash IS NOT NULL",
    },
    {
      name: 'waiting',
      columns: ['order_hash', 'id'],
      where: "state = 'waiting'",
      whole: ['state', 'order_hash', 'id'],
    },
    {
      name: 'final',
      columns: ['state', 'body_gone', 'due_at'],
      where: 'finished_at IS NOT NULL',
      whole: [],
    },
    // What is newer than an event of an ordering key, for handlers that skip stale ones.
    {
      name: 'occurred',
      columns: ['order_hash', 'occurred_at'],
      where: 'order_hash IS NOT NULL',
    },
  ],
  changing: true,
});

/** Failed attempts, and skipped handlers. */
export const attemptTable = defineTable({
  name: 'attempt',
  columns: {
    id: column.id(),
    inbox_id: column.reference(),
    attempt: column.count(),
    handler: column.name(LENGTHS.handler),
    error: column.text(),
    failed_at: column.time(),
    duration: column.time(),
    app_release: optional(column.name(LENGTHS.release)),
  },
  indexes: [{ name: 'attempt_of', columns: ['inbox_id', 'id'] }],
});

export const leaderLockTable = defineTable({
  name: 'leader_lock',
  columns: {
    name: primary(column.name(64)),
    owner: column.name(64),
    held_until: column.time(),
  },
});

/** Running workers, and the handlers that each of them has. */
export const replicaTable = defineTable({
  name: 'replica',
  columns: {
    id: primary(column.name(64)),
    handlers: column.longText(),
    started_at: column.time(),
    seen_until: column.time(),
  },
});

/** Webhooks that came again, for events that have such. */
export const redeliveryTable = defineTable({
  name: 'redelivery',
  columns: {
    inbox_id: primary(column.reference()),
    many: column.count(),
    last_at: column.time(),
  },
  changing: true,
});

/** Claims whose event runs with nothing beside it in its process. */
export const aloneTable = defineTable({
  name: 'alone',
  columns: { lease: primary(column.hash()), inbox_id: column.reference() },
});

export const INBOX_TABLES = [
  inboxTable,
  attemptTable,
  leaderLockTable,
  replicaTable,
  aloneTable,
  redeliveryTable,
  minuteTable,
  ...OPERATION_TABLES,
];
