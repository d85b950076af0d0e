import type { Column } from './column.js';
import type { Row } from './database.js';
import { raw, type Sql } from './sql.js';

export type Columns = Readonly<Record<string, Column>>;

/** A table, described once: its DDL, the check at boot and the lists of its statements follow from this. */
export interface TableDefinition<Its extends Columns = Columns> {
  /** Without the prefix. */
  readonly name: string;
  readonly columns: Its;
  readonly indexes?: readonly IndexDefinition[];
  /** Conditions that hold of every row. */
  readonly checks?: readonly string[];
  /** Its rows change several times: room for that is left beside them, where a database can. */
  readonly changing?: boolean;
}

export interface IndexDefinition {
  /** Without the prefix. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique?: boolean;
  /** Only the rows of this condition. */
  readonly where?: string;
  /**
   * Columns of the index over all rows that finds the same where a database has no partial ones; empty =
   * another index does. Default: `columns`. A unique one is made there of a column that is null beyond `where`.
   */
  readonly whole?: readonly string[];
}

/** A table under its name in a database. */
export interface NamedTable {
  readonly definition: TableDefinition;
  readonly prefix: string;
  readonly name: string;
  /** Quoted and, where the schema is known, qualified. */
  readonly sql: Sql;
}

type ValueOf<Of> = Of extends Column<infer Value> ? Value : never;

/** Some columns of a table, for statements, and how their values are read. */
export interface Selection<Its extends Columns, Name extends keyof Its> {
  readonly columns: readonly (Name & string)[];
  /** With commas between them. */
  readonly list: Sql;
  read(this: void, row: Row): { readonly [Each in Name]: ValueOf<Its[Each]> };
}

export const defineTable = <const Its extends Columns>(
  definition: TableDefinition<Its>,
): TableDefinition<Its> => definition;

export function select<Its extends Columns, const Name extends keyof Its & string>(
  { columns }: TableDefinition<Its>,
  ...names: readonly Name[]
): Selection<Its, Name> {
  return {
    columns: names,
    list: raw(names.join(', ')),
    read: (row) => {
      const its: Partial<Record<Name, unknown>> = {};
      for (const name of names) its[name] = columns[name]?.read(row[name]);
      return its as ReturnType<Selection<Its, Name>['read']>;
    },
  };
}
