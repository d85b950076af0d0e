import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';

type SqliteFile = ReturnType<typeof SqliteDriver>;

/** What SQLite takes for "no limit". */
const ROOM = 1_073_741_823;
const opened: SqliteFile[] = [];
let full = false;

/** The sample app's driver, each of whose connections in this process can be told that the disk is full. */
export function LimitedSqliteDriver(
  ...given: Parameters<typeof SqliteDriver>
): ReturnType<typeof SqliteDriver> {
  const file = SqliteDriver(...given);
  opened.push(file);
  if (full) limit(file);
  return file;
}

/** SQLite answers as on a disk that is full, and rolls back by itself as it does there. */
export function fillDisk(now: boolean): void {
  full = now;
  for (const file of opened) limit(file);
}

function limit(file: SqliteFile): void {
  // Fewer pages than there are means as many as there are.
  file.pragma(`max_page_count = ${full ? 1 : ROOM}`);
}
