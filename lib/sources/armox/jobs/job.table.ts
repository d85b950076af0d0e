import { column, defineTable, optional, startingAt } from '../../../database/index.js';
import { LENGTHS } from '../../../inbox/index.js';

/** Of a job's status, in characters. */
export const STATUS_LENGTH = 100;

/**
 * Jobs, which end later than they begin. `identity` is a hash of what must be unique; `due_at` is null
 * where nothing is to be asked.
 */
export const jobTable = defineTable({
  name: 'job',
  columns: {
    id: column.id(),
    identity: column.hash(),
    source: column.name(LENGTHS.source),
    account: column.name(LENGTHS.account),
    job_id: column.name(200),
    status: column.name(STATUS_LENGTH),
    stage: column.count(),
    tracked: column.flag(),
    webhook_expected: column.flag(),
    beyond_list: startingAt(0, column.flag()),
    polls: startingAt(0, column.count()),
    absences: startingAt(0, column.count()),
    created_at: column.time(),
    due_at: optional(column.time()),
    settled_at: optional(column.time()),
    inbox_id: optional(column.reference()),
  },
  indexes: [
    { name: 'job_identity', columns: ['identity'], unique: true },
    { name: 'job_due', columns: ['source', 'due_at', 'id'], where: 'due_at IS NOT NULL' },
  ],
});
