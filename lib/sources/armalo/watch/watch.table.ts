import { column, defineTable, optional, startingAt } from '../../../database/index.js';
import { LENGTHS } from '../../../inbox/index.js';

/**
 * What is looked at now and then, and what is remembered of it. `identity` is a hash of what must be
 * unique; `due_at` is null where nothing is to be looked at.
 */
export const watchTable = defineTable({
  name: 'watch',
  columns: {
    id: column.id(),
    identity: column.hash(),
    source: column.name(LENGTHS.source),
    account: column.name(LENGTHS.account),
    kind: column.name(64),
    subject: column.name(LENGTHS.eventId),
    state: column.longText(),
    misses: startingAt(0, column.count()),
    created_at: column.time(),
    due_at: optional(column.time()),
  },
  indexes: [
    { name: 'watch_identity', columns: ['identity'], unique: true },
    { name: 'watch_due', columns: ['source', 'due_at', 'id'], where: 'due_at IS NOT NULL' },
  ],
});
