import { column, defineTable, optional, primary, startingAt } from '../database/index.js';

/** Who did it, in characters. */
export const ACTOR_LENGTH = 191;

/** Actions on many events. */
export const operationTable = defineTable({
  name: 'operation',
  columns: {
    id: primary(column.ascii(36)),
    action: column.ascii(16),
    /** The filter that it was started with, as JSON. */
    conditions: column.longText(),
    pace: column.ascii(8),
    rerun_all: column.flag(),
    actor: column.name(ACTOR_LENGTH),
    started_at: column.time(),
    ended_at: optional(column.time()),
    state: column.ascii(8),
    /** Of a ramp: how many of its stages have been begun. */
    stage: startingAt(0, column.count()),
    total: column.count(),
    changed: startingAt(0, column.count()),
    passed_over: startingAt(0, column.count()),
    note: optional(column.text()),
  },
});

/** The events that an action is about: the set is fixed when it starts. */
export const operationItemTable = defineTable({
  name: 'operation_item',
  columns: {
    operation_id: column.ascii(36),
    inbox_id: column.reference(),
    /** 0 = its turn has not come, 1 = changed, 2 = passed over, since it was no longer to be changed. */
    outcome: startingAt(0, column.count()),
    /** Of the error that it had. */
    fingerprint: optional(column.ascii(12)),
  },
  indexes: [
    { name: 'operation_item_of', columns: ['operation_id', 'outcome', 'inbox_id'], unique: true },
  ],
});

/** What operators have done. */
export const auditTable = defineTable({
  name: 'audit',
  columns: {
    id: column.id(),
    done_at: column.time(),
    actor: column.name(ACTOR_LENGTH),
    action: column.ascii(32),
    about: column.text(),
    events: column.count(),
  },
});

/** What operators have written about events. */
export const noteTable = defineTable({
  name: 'note',
  columns: {
    id: column.id(),
    inbox_id: column.reference(),
    written_at: column.time(),
    actor: column.name(ACTOR_LENGTH),
    note: column.text(),
  },
  indexes: [{ name: 'note_of', columns: ['inbox_id', 'id'] }],
});

export const OPERATION_TABLES = [operationTable, operationItemTable, auditTable, noteTable];
