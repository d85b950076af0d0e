import { partialIndexSchema } from '../schema.dialect.js';
import { join, sql } from '../sql.js';

export const postgresSchema = partialIndexSchema({
  types: {
    id: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
    reference: 'bigint',
    hash: 'bytea',
    bytes: 'bytea',
    time: 'bigint',
    count: 'integer',
    flag: 'smallint',
    name: 'text',
    ascii: 'text',
    text: 'text',
    'long text': 'text',
  },
  // With room beside them, and no index on what changes, changed rows leave the indexes alone (HOT updates).
  storage: ' WITH (fillfactor = 50)',
  catalog: (schema, tables) => {
    const names = join(tables);
    return sql`SELECT 'column' AS kind, c.relname AS relation, a.attname AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE n.nspname = ${schema} AND c.relname IN (${names})
      UNION ALL
      SELECT 'index', c.relname, i.relname FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_class i ON i.oid = x.indexrelid
      WHERE n.nspname = ${schema} AND c.relname IN (${names}) AND x.indisvalid AND NOT x.indisprimary`;
  },
});
