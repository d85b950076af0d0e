import type { Column, ColumnKind } from '../column.js';
import {
  columnsOf,
  createLines,
  quotedBy,
  type Layout,
  type SchemaDialect,
} from '../schema.dialect.js';
import { join, sql } from '../sql.js';
import type { IndexDefinition, TableDefinition } from '../table.definition.js';

const ASCII = ' CHARACTER SET ascii COLLATE ascii_bin';

const TYPES: Readonly<Record<ColumnKind, (length: number | undefined) => string>> = {
  id: () => 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
  reference: () => 'BIGINT',
  hash: () => 'BINARY(16)',
  bytes: () => 'LONGBLOB',
  time: () => 'BIGINT',
  count: () => 'INT',
  flag: () => 'TINYINT',
  name: (length) => `VARCHAR(${length})`,
  ascii: (length) => `VARCHAR(${length})${ASCII}`,
  text: () => 'TEXT',
  'long text': () => 'MEDIUMTEXT',
};

const typeOf = ({ kind, length }: Column): string => TYPES[kind](length);

/** Whether the index is of a generated column that has the index's name. */
export const isGenerated = ({ unique, where }: IndexDefinition): boolean =>
  unique === true && where !== undefined;

/**
 * There are no partial indexes. A unique one is made of a column of its name that is null for all
 * other rows; the place of another is taken by one over all rows.
 */
function layout(definition: TableDefinition): Layout {
  const { indexes = [] } = definition;
  const columns = columnsOf(definition, typeOf);
  for (const { name, columns: of, where } of indexes.filter(isGenerated)) {
    const [column = ''] = of;
    const type = typeOf(definition.columns[column] as Column);
    const value = `CASE WHEN ${where} THEN ${column} END`;
    columns.set(name, `${type} GENERATED ALWAYS AS (${value}) STORED`);
  }
  return { columns, indexes: indexes.map(overAllRows).filter((one) => one.columns.length > 0) };
}

function overAllRows(index: IndexDefinition): IndexDefinition {
  const { name, unique = false, columns, whole = columns } = index;
  return { name, unique, columns: isGenerated(index) ? [name] : whole };
}

export const mysqlSchema: SchemaDialect = {
  quoted: quotedBy('`'),
  typeOf,
  layout,
  create: ({ definition, prefix, sql: table }) => {
    const made = layout(definition);
    const keys = made.indexes.map(
      ({ name, unique, columns }) =>
        `${unique ? 'UNIQUE ' : ''}KEY ${prefix}_${name} (${columns.join(', ')})`,
    );
    const lines = [...createLines(made, definition), ...keys].join(',\n  ');
    return [
      `CREATE TABLE IF NOT EXISTS ${table.sql} (\n  ${lines}\n) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    ];
  },
  catalog: (schema, tables) => {
    const names = join(tables);
    return sql`SELECT 'column' AS kind, table_name AS relation, column_name AS name
      FROM information_schema.columns WHERE table_schema = ${schema} AND table_name IN (${names})
      UNION ALL
      SELECT DISTINCT 'index', table_name, index_name FROM information_schema.statistics
      WHERE table_schema = ${schema} AND table_name IN (${names}) AND index_name <> 'PRIMARY'`;
  },
};
