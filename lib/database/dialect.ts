import type { Clock } from '../core/index.js';
import type { Row, Unit } from './database.js';
import type { SqlFamily } from './sql.family.js';
import { empty, join, raw, sql, type Sql } from './sql.js';

/** Columns that a change may count up by one. */
export type Counter = 'attempts' | 'stalled_count';

/** A change of inbox rows that tells which rows it changed. */
export interface Change {
  readonly table: Sql;
  readonly set: Sql;
  readonly counting?: readonly Counter[];
  readonly where: Sql;
  readonly orderBy?: Sql;
  readonly limit?: number;
  /** Pass over rows that somebody else has locked, instead of waiting for them. */
  readonly skipLocked?: boolean;
  /** Columns that `set` leaves alone. A counter comes back as it is after the change. */
  readonly returning: readonly string[];
  /** Name of the index to walk, where the database has to be told. */
  readonly index?: string;
}

/** How one family of databases says what the portable statements need. */
export abstract class Dialect {
  abstract readonly family: SqlFamily;
  abstract readonly skipLocked: Sql;
  abstract readonly forUpdate: Sql;
  protected abstract readonly databaseNow: Sql;
  protected abstract readonly integer: Sql;

  constructor(private readonly clock: Clock | undefined) {}

  /** The one place that says what time it is, in epoch milliseconds. */
  get now(): Sql {
    return this.clock ? this.number(Math.round(this.clock.now())) : this.databaseNow;
  }

  /** A whole number, where the database could not tell the placeholder's type. */
  number(value: number | bigint): Sql {
    return sql`CAST(${value} AS ${this.integer})`;
  }

  /** A text in a statement on the application's own connection, whatever that session takes a backslash for. */
  text(value: string): Sql {
    return sql`${value}`;
  }

  /** `column` is one of `ids`. */
  oneOf(column: string, ids: readonly string[]): Sql {
    return sql`${raw(column)} IN (${join(ids.map((id) => BigInt(id)))})`;
  }

  /** `text` stands somewhere in `column`; exactly, without wildcards. */
  contains(column: string, text: string): Sql {
    return sql`instr(${raw(column)}, ${text}) > 0`;
  }

  /** Comes at or after a row in the order of (due_at, id). */
  abstract from(dueAt: number, id: string): Sql;

  abstract change(change: Change): Unit<readonly Row[]>;
}

const counted = (counting: readonly Counter[] = []): Sql =>
  counting.length === 0 ? empty : raw(counting.map((name) => `, ${name} = ${name} + 1`).join(''));

const tail = (change: Change): Sql =>
  sql`${change.orderBy ? sql` ORDER BY ${change.orderBy}` : empty}${change.limit === undefined ? empty : sql` LIMIT ${change.limit}`}`;

export class PostgresDialect extends Dialect {
  readonly family = 'postgres';
  readonly skipLocked = raw(' FOR UPDATE SKIP LOCKED');
  readonly forUpdate = raw(' FOR UPDATE');
  // STABLE, unlike clock_timestamp(), so that an index can be asked with it.
  protected readonly databaseNow = raw(
    '(extract(epoch FROM statement_timestamp()) * 1000)::bigint',
  );
  protected readonly integer = raw('bigint');

  override oneOf(column: string, ids: readonly string[]): Sql {
    return sql`${raw(column)} = ANY(${ids}::bigint[])`;
  }

  override contains(column: string, text: string): Sql {
    return sql`strpos(${raw(column)}, ${text}) > 0`;
  }

  from(dueAt: number, id: string): Sql {
    return sql`(due_at, id) >= (${this.number(dueAt)}, ${this.number(BigInt(id))})`;
  }

  *change(change: Change): Unit<readonly Row[]> {
    const { table, set, where } = change;
    // By ctid, since a join turns into a scan of the whole table under some statistics.
    const rows =
      change.skipLocked === true || change.limit !== undefined
        ? sql`ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${where}${tail(change)}${this.skipLocked}))`
        : where;
    return yield sql`UPDATE ${table} SET ${set}${counted(change.counting)} WHERE ${rows} RETURNING ${raw(change.returning.join(', '))}`;
  }
}

export class SqliteDialect extends Dialect {
  readonly family = 'sqlite';
  // One writer at a time: nobody else's lock is ever on a row.
  readonly skipLocked = empty;
  readonly forUpdate = empty;
  protected readonly databaseNow = raw(
    "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
  );
  protected readonly integer = raw('INTEGER');

  from(dueAt: number, id: string): Sql {
    return sql`(due_at, id) >= (${dueAt}, ${BigInt(id)})`;
  }

  *change(change: Change): Unit<readonly Row[]> {
    const { table, set, where } = change;
    const rows =
      change.limit === undefined
        ? where
        : sql`id IN (SELECT id FROM ${table} WHERE ${where}${tail(change)})`;
    return yield sql`UPDATE ${table} SET ${set}${counted(change.counting)} WHERE ${rows} RETURNING ${raw(change.returning.join(', '))}`;
  }
}

/** Where others have taken some of the rows meanwhile, so many times as many are looked at, once. */
const WIDER = 8;

export class MysqlDialect extends Dialect {
  readonly family = 'mysql';
  readonly skipLocked = raw(' FOR UPDATE SKIP LOCKED');
  readonly forUpdate = raw(' FOR UPDATE');
  // Not UNIX_TIMESTAMP(NOW(3)): that goes through the session's time zone, and one hour a year twice.
  protected readonly databaseNow = raw(
    "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)",
  );
  protected readonly integer = raw('SIGNED');

  override text(value: string): Sql {
    // As bytes: mysql2 escapes by backslashes, which NO_BACKSLASH_ESCAPES takes as they stand.
    return sql`CONVERT(${Buffer.from(value)} USING utf8mb4)`;
  }

  from(dueAt: number): Sql {
    // A comparison of pairs does not use the index.
    return sql`due_at >= ${dueAt}`;
  }

  /** There is no `UPDATE … RETURNING`: lock, then change by primary key. Needs a transaction. */
  *change(change: Change): Unit<readonly Row[]> {
    const { table, set, counting = [] } = change;
    const columns = ['id', ...change.returning.filter((name) => name !== 'id')];
    const found = yield* this.lock(change, raw(columns.join(', ')));
    if (found.length === 0) return found;
    const ids = found.map((row) => String(row['id']));
    yield sql`UPDATE ${table} SET ${set}${counted(counting)} WHERE ${this.oneOf('id', ids)}`;
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
