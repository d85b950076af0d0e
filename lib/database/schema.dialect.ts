import type { Column, ColumnKind } from './column.js';
import type { Sql } from './sql.js';
import type { IndexDefinition, NamedTable, TableDefinition } from './table.definition.js';

/** A table as one database has it. */
export interface Layout {
  /** By name, with what CREATE TABLE says of it. */
  readonly columns: ReadonlyMap<string, string>;
  readonly indexes: readonly IndexDefinition[];
}

/** How a database writes tables down. */
export interface SchemaDialect {
  /** A name as it goes into a statement. */
  quoted(this: void, name: string): string;
  /** Type of a column. */
  typeOf(this: void, column: Column): string;
  layout(definition: TableDefinition): Layout;
  /** Statements that make the table and its indexes; they pass over what is there. */
  create(table: NamedTable): readonly string[];
  /** Rows of `kind` (column, index), `relation` and `name`: all that these tables have. */
  catalog(schema: string | undefined, tables: readonly string[]): Sql;
}

export const quotedBy =
  (mark: string) =>
  (name: string): string =>
    `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;

/** What CREATE TABLE says of each column. */
export function columnsOf(
  { columns }: TableDefinition,
  typeOf: SchemaDialect['typeOf'],
): Map<string, string> {
  const described = Object.entries(columns).map(([name, column]): [string, string] => {
    const end = [
      ...(column.optional || column.kind === 'id' ? [] : [' NOT NULL']),
      ...(column.primary ? [' PRIMARY KEY'] : []),
      ...(column.initially === undefined ? [] : [` DEFAULT ${column.initially}`]),
    ];
    return [name, `${typeOf(column)}${end.join('')}`];
  });
  return new Map(described);
}

/** What stands between the brackets of CREATE TABLE. */
export function createLines(
  { columns }: Layout,
  { checks = [] }: TableDefinition,
): readonly string[] {
  return [
    ...[...columns].map(([name, type]) => `${name} ${type}`),
    ...checks.map((check) => `CHECK (${check})`),
  ];
}

/** For databases that have partial indexes. @param storage how a table whose rows change is kept */
export function partialIndexSchema({
  types,
  catalog,
  storage = '',
}: Pick<SchemaDialect, 'catalog'> & {
  readonly types: Readonly<Record<ColumnKind, string>>;
  readonly storage?: string;
}): SchemaDialect {
  const typeOf = ({ kind }: Column): string => types[kind];
  const layout = (definition: TableDefinition): Layout => ({
    columns: columnsOf(definition, typeOf),
    indexes: definition.indexes ?? [],
  });
  const create = ({ definition, prefix, sql: { sql: table } }: NamedTable): readonly string[] => {
    const its = layout(definition);
    const lines = createLines(its, definition).join(',\n  ');
    const end = definition.changing ? storage : '';
    return [
      `CREATE TABLE IF NOT EXISTS ${table} (\n  ${lines}\n)${end}`,
      ...its.indexes.map((index) => createIndex(index, prefix, table)),
    ];
  };
  return { quoted: quotedBy('"'), typeOf, layout, create, catalog };
}

function createIndex(
  { name, columns, unique, where }: IndexDefinition,
  prefix: string,
  table: string,
): string {
  const only = where === undefined ? '' : ` WHERE ${where}`;
  return `CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS "${prefix}_${name}" ON ${table} (${columns.join(', ')})${only}`;
}
