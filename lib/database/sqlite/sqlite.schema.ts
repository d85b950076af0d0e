import type { Column, ColumnKind } from '../column.js';
import {
  columnsOf,
  createWithPartialIndexes,
  quotedBy,
  type SchemaDialect,
} from '../schema.dialect.js';
import { join, sql } from '../sql.js';
import type { TableDefinition } from '../table.definition.js';

const TYPES: Readonly<Record<ColumnKind, string>> = {
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  reference: 'INTEGER',
  hash: 'BLOB',
  bytes: 'BLOB',
  time: 'INTEGER',
  count: 'INTEGER',
  flag: 'INTEGER',
  name: 'TEXT',
  ascii: 'TEXT',
  text: 'TEXT',
  'long text': 'TEXT',
};

const typeOf = ({ kind }: Column): string => TYPES[kind];

const layout = (definition: TableDefinition) => ({
  columns: columnsOf(definition, typeOf),
  indexes: definition.indexes ?? [],
});

export const sqliteSchema: SchemaDialect = {
  quoted: quotedBy('"'),
  typeOf,
  layout,
  create: (table) => createWithPartialIndexes(table, layout(table.definition)),
  catalog: (_schema, tables) => {
    const names = join(tables);
    return sql`SELECT 'column' AS kind, t.name AS relation, c.name AS name
      FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name IN (${names})
      UNION ALL
      SELECT 'index', tbl_name, name FROM sqlite_master
      WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (${names})`;
  },
};
