import { BUILT_IN_SOURCES } from '../lib/module/built-in.sources.js';

/** What the built-in sources keep beside the inbox. */
export const sourceTables = BUILT_IN_SOURCES.flatMap(({ tables = [] }) => tables);
