import { column, defineTable } from '../database/index.js';

/** Of the name of what is counted, in characters. */
const SERIES_LENGTH = 16;

/** How often something happened in a minute, so that charts need not count the inbox. */
export const minuteTable = defineTable({
  name: 'minute',
  columns: {
    /** When it began. */
    minute: column.time(),
    source: column.name(64),
    series: column.ascii(SERIES_LENGTH),
    many: column.count(),
  },
  indexes: [{ name: 'minute_of', columns: ['minute', 'source', 'series'], unique: true }],
  changing: true,
});
