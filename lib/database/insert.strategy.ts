import type { Row, Unit } from './database.js';
import { join, type Sql } from './sql.js';
import type { IndexDefinition, NamedTable } from './table.definition.js';

/** A value of a new row, by column: given as it is. */
export type Given = Readonly<Record<string, unknown>>;

/** New rows with `value` in a column get `instead`, where others are before them. */
export interface Substitution {
  readonly column: string;
  readonly value: string;
  readonly instead: string;
  /** A given column of hashes, in which those before have the same; nothing is before a row without. */
  readonly of: string;
  /** Names of the table's partial indexes that begin with that column; those before are in one of them. */
  readonly indexes: readonly string[];
}

/** Rows that go into a table, but for those whose key is there: these stay as they are. */
export interface Insertion {
  readonly table: NamedTable;
  /** A unique column of hashes. */
  readonly key: string;
  /** All with the same columns, in the order in which they are to be locked. */
  readonly rows: readonly Given[];
  /** Further columns, made of the given ones. */
  readonly computed: Readonly<Record<string, (given: (column: string) => Sql) => Sql>>;
  readonly substitution: Substitution;
  /** A column of hashes that a database may write what it likes into, to find the new rows by. */
  readonly mark: string;
  /** Whom to tell of new rows for which this holds, where the database can. */
  readonly notify: { readonly channel: string; readonly where: Sql };
  /** Columns of the new rows to tell, beside `id` and the key. */
  readonly returning: readonly string[];
}

/** A row of the table that is of one of the keys; one that could not be placed, in a race, is left out. */
export interface Inserted {
  /** `id`, the key, and of a stored one what was asked for. */
  readonly row: Row;
  /** False for one that was there. */
  readonly stored: boolean;
}

/** How a database inserts many rows in few round trips, and tells which were there. */
export interface InsertStrategy {
  /** Whether its statements have to be in one transaction. */
  readonly inTransaction: boolean;
  insert(insertion: Insertion): Unit<readonly Inserted[]>;
}

/** Something is in one of the indexes. @param isIn asks one of them */
export function isBefore(
  { table, substitution }: Insertion,
  isIn: (index: IndexDefinition) => Sql,
): Sql {
  const { indexes = [] } = table.definition;
  const asked = indexes.filter(({ name }) => substitution.indexes.includes(name));
  return join(asked.map(isIn), ' OR ');
}

/** Whether a row's value may have to give way. */
export const mayGiveWay = (row: Given, { column, value, of }: Substitution): boolean =>
  row[column] === value && row[of] != null;
