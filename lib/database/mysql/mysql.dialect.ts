import type { Row, Unit } from '../database.js';
import {
  assignments,
  counted,
  Dialect,
  tail,
  valuesOf,
  type Change,
  type Conflict,
  type Upsert,
} from '../dialect.js';
import { empty, join, raw, sql, type Sql } from '../sql.js';

/** Where others have taken some of the rows meanwhile, so many times as many are looked at, once. */
const WIDER = 8;

const CONFLICT: Conflict = {
  kept: raw,
  given: (column) => raw(`VALUES(${column})`),
};

export class MysqlDialect extends Dialect {
  // Not UNIX_TIMESTAMP(NOW(3)): that goes through the session's time zone, and one hour a year twice.
  protected readonly databaseNow = raw(
    "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)",
  );
  protected readonly integer = raw('SIGNED');

  override text(value: string): Sql {
    // As bytes: mysql2 escapes by backslashes, which NO_BACKSLASH_ESCAPES takes as they stand.
    return sql`CONVERT(${Buffer.from(value)} USING utf8mb4)`;
  }

  override atOrAfter(values: Readonly<Record<string, number | bigint>>): Sql {
    // A comparison of pairs does not use the index.
    const [[column, value] = ['', 0]] = Object.entries(values);
    return sql`${raw(column)} >= ${value}`;
  }

  override *upsert(upsert: Upsert): Unit<readonly Row[]> {
    const { table, key, rows, returning } = upsert;
    const changes = assignments(upsert.changes(CONFLICT)) ?? raw(`${key} = ${key}`);
    yield sql`INSERT INTO ${table} ${valuesOf(rows)} ON DUPLICATE KEY UPDATE ${changes}`;
    if (!returning) return [];
    const keys = join(rows.map((row) => row[key]));
    return yield sql`SELECT ${raw(returning.join(', '))} FROM ${table} WHERE ${raw(key)} IN (${keys})`;
  }

  /** There is no `UPDATE … RETURNING`: lock, then change by primary key. Needs a transaction. */
  *change(change: Change): Unit<readonly Row[]> {
    const { table, set, counting = [] } = change;
    const columns = ['id', ...change.returning.filter((name) => name !== 'id')];
    const found = yield* this.lock(change, raw(columns.join(', ')));
    if (found.length === 0) return found;
    const ids = found.map((row) => String(row['id']));
    yield sql`UPDATE ${table} SET ${set}${counted(change)} WHERE ${this.oneOf('id', ids)}`;
    return found.map((row) => ({
      ...row,
      ...Object.fromEntries(counting.map((name) => [name, Number(row[name]) + 1])),
    }));
  }

  /**
   * InnoDB keeps the locks of all rows that a walk along a secondary index passes over, those of other
   * processes' events among them. So a walk only looks, and what it finds is locked by primary key.
   */
  private *lock(change: Change, columns: Sql): Unit<readonly Row[]> {
    const { table, where, limit } = change;
    const lock = change.skipLocked === true ? this.skipLocked : this.forUpdate;
    if (limit === undefined)
      return yield sql`SELECT ${columns} FROM ${table} WHERE ${where}${lock}`;
    const hint = change.index === undefined ? empty : raw(` FORCE INDEX (${change.index})`);
    for (let width = limit; ; width *= WIDER) {
      const seen: readonly Row[] =
        yield sql`SELECT id FROM ${table}${hint} WHERE ${where}${tail({ ...change, limit: width })}`;
      if (seen.length === 0) return seen;
      const ids = seen.map((row) => String(row['id']));
      const found: readonly Row[] = yield sql`SELECT ${columns} FROM ${table} FORCE INDEX (PRIMARY)
          WHERE ${this.oneOf('id', ids)} AND ${where} ORDER BY id LIMIT ${limit}${lock}`;
      if (found.length === limit || seen.length < width || width > limit) return found;
    }
  }
}
