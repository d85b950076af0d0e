import type { Row, Unit } from '../database.js';
import { Dialect, tail, updateReturning, type Change } from '../dialect.js';
import { empty, raw, sql } from '../sql.js';

export class SqliteDialect extends Dialect {
  // One writer at a time: nobody else's lock is ever on a row.
  override readonly skipLocked = empty;
  override readonly forUpdate = empty;
  protected readonly databaseNow = raw(
    "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
  );
  protected readonly integer = raw('INTEGER');

  *change(change: Change): Unit<readonly Row[]> {
    const { table, where, limit } = change;
    const rows =
      limit === undefined
        ? where
        : sql`id IN (SELECT id FROM ${table} WHERE ${where}${tail(change)})`;
    return yield updateReturning(change, rows);
  }
}
