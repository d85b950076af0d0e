import type { Clock } from '../core/index.js';
import type { Row, Unit } from './database.js';
import { empty, join, raw, sql, type Sql } from './sql.js';

/** A change of rows that tells which rows it changed. Their table has the primary key `id`. */
export interface Change {
  readonly table: Sql;
  readonly set: Sql;
  /** Columns that go up by one. */
  readonly counting?: readonly string[];
  readonly where: Sql;
  readonly orderBy?: Sql;
  readonly limit?: number;
  /** Pass over rows that somebody else has locked, instead of waiting for them. */
  readonly skipLocked?: boolean;
  /** Columns that `set` leaves alone. One that counts comes back as it is after the change. */
  readonly returning: readonly string[];
  /** Name of the index to walk, where the database has to be told. */
  readonly index?: string;
}

/** How a database names the row that is there and the one that was to be inserted. */
export interface Conflict {
  kept(this: void, column: string): Sql;
  given(this: void, column: string): Sql;
}

/** An insert that changes the rows whose key is there already. */
export interface Upsert {
  readonly table: Sql;
  /** A unique column; or several that are unique together, with commas between them, where nothing is returned. */
  readonly key: string;
  /** By column, each with the same columns; a value may be an expression. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /**
   * What becomes of a row that is there, by column; nothing = it stays as it is. MySQL carries the
   * assignments out from first to last, each seeing those before it.
   */
  changes(row: Conflict): Readonly<Record<string, Sql>>;
  /** Columns of the rows as they stand afterwards. Default: none. */
  readonly returning?: readonly string[];
}

/** How a database says what the portable statements need. */
export abstract class Dialect {
  readonly skipLocked: Sql = raw(' FOR UPDATE SKIP LOCKED');
  readonly forUpdate: Sql = raw(' FOR UPDATE');
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

  /** Age in milliseconds of the oldest transaction that is open, as `age`; undefined where the database does not tell. */
  get oldestTransaction(): Sql | undefined {
    return undefined;
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

  /** Comes at or after these values in the order of the columns; where that would use no index, of the first one. */
  atOrAfter(values: Readonly<Record<string, number | bigint>>): Sql {
    const numbers = Object.values(values).map((value) => this.number(value));
    return sql`(${raw(Object.keys(values).join(', '))}) >= (${join(numbers)})`;
  }

  abstract change(change: Change): Unit<readonly Row[]>;

  *upsert(upsert: Upsert): Unit<readonly Row[]> {
    const { key, returning } = upsert;
    const changes = assignments(upsert.changes(CONFLICT));
    const outcome = changes ? sql`UPDATE SET ${changes}` : raw('NOTHING');
    return yield sql`INSERT INTO ${upsert.table} AS kept ${valuesOf(upsert.rows)}
      ON CONFLICT (${raw(key)}) DO ${outcome}${returning ? raw(` RETURNING ${returning.join(', ')}`) : empty}`;
  }
}

const CONFLICT: Conflict = {
  kept: (column) => raw(`kept.${column}`),
  given: (column) => raw(`excluded.${column}`),
};

/** `(columns) VALUES (row), …`; all rows with the same columns. */
export function valuesOf(rows: Upsert['rows']): Sql {
  const columns = Object.keys(rows[0] ?? {});
  const lists = rows.map(
    (row) => sql`(${join(columns.map((column) => row[column] ?? raw('NULL')))})`,
  );
  return sql`(${raw(columns.join(', '))}) VALUES ${join(lists)}`;
}

/** `column = value, …`; undefined where there is none. */
export function assignments(changes: Readonly<Record<string, Sql>>): Sql | undefined {
  const all = Object.entries(changes).map(([column, value]) => sql`${raw(column)} = ${value}`);
  return all.length === 0 ? undefined : join(all);
}

/** `, column = column + 1, …` */
export const counted = ({ counting = [] }: Change): Sql =>
  raw(counting.map((name) => `, ${name} = ${name} + 1`).join(''));

/** ` ORDER BY … LIMIT …` */
export const tail = ({ orderBy, limit }: Pick<Change, 'orderBy' | 'limit'>): Sql =>
  sql`${orderBy ? sql` ORDER BY ${orderBy}` : empty}${limit === undefined ? empty : sql` LIMIT ${limit}`}`;

/** The rows of `where` that the change is about. */
export const updateReturning = (change: Change, where: Sql): Sql =>
  sql`UPDATE ${change.table} SET ${change.set}${counted(change)} WHERE ${where} RETURNING ${raw(change.returning.join(', '))}`;
