import { partialIndexSchema } from '../schema.dialect.js';
import { join, sql } from '../sql.js';

export const sqliteSchema = partialIndexSchema({
  types: {
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
  },
  catalog: (_schema, tables) => {
    const names = join(tables);
    return sql`SELECT 'column' AS kind, t.name AS relation, c.name AS name
      FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name IN (${names})
      UNION ALL
      SELECT 'index', tbl_name, name FROM sqlite_master
      WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (${names})`;
  },
});
