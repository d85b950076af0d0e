import type { Row, Unit } from '../database.js';
import { Dialect, tail, updateReturning, type Change } from '../dialect.js';
import { raw, sql, type Sql } from '../sql.js';

export class PostgresDialect extends Dialect {
  // STABLE, unlike clock_timestamp(), so that an index can be asked with it.
  protected readonly databaseNow = raw(
    '(extract(epoch FROM statement_timestamp()) * 1000)::bigint',
  );
  protected readonly integer = raw('bigint');

  /**
   * Of a list PostgreSQL does not know how long it is when it makes a plan to keep, takes it for a long one, and so
   * plans every run anew; which costs more than to run it.
   */
  override oneOf(column: string, ids: readonly string[]): Sql {
    const [only] = ids;
    if (only !== undefined && ids.length === 1) return sql`${raw(column)} = ${BigInt(only)}`;
    return sql`${raw(column)} = ANY(${ids}::bigint[])`;
  }

  /** Those of other users are hidden from one who may not see them, and then count as none. */
  override get oldestTransaction(): Sql {
    return raw(
      'SELECT COALESCE(MAX(extract(epoch FROM statement_timestamp() - xact_start) * 1000), 0)::bigint AS age ' +
        "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() " +
        // One in another database keeps no row of ours from being cleared.
        'AND datname = current_database()',
    );
  }

  override contains(column: string, text: string): Sql {
    return sql`strpos(${raw(column)}, ${text}) > 0`;
  }

  *change(change: Change): Unit<readonly Row[]> {
    const { table, where, limit, skipLocked } = change;
    // By ctid, since a join turns into a scan of the whole table under some statistics.
    const rows =
      skipLocked === true || limit !== undefined
        ? sql`ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${where}${tail(change)}${this.skipLocked}))`
        : where;
    return yield updateReturning(change, rows);
  }
}
