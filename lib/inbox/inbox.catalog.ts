import { only, type Row, join, sql, type Sql } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';

/**
 * The parts of our tables that the database has, written as `neededSchema` writes them. From the
 * database's own catalog and not from a history of migrations, of which the application may have its own.
 */
export async function presentSchema(parts: InboxDatabase): Promise<ReadonlySet<string>> {
  const rows = await parts.database.read(() => only(catalogOf(parts)));
  return new Set(rows.flatMap(partsOf));
}

function partsOf(row: Row): readonly string[] {
  const [kind, table, name] = [row['kind'], row['relation'], row['name']].map(String);
  return kind === 'index'
    ? [`index ${table}.${name}`]
    : [`table ${table}`, `column ${table}.${name}`];
}

function catalogOf({ dialect, tables }: InboxDatabase): Sql {
  const { migration: _, ...ours } = tables.names;
  const names = join(Object.values(ours));
  const { schema } = tables;
  switch (dialect.family) {
    case 'postgres':
      return sql`SELECT 'column' AS kind, c.relname AS relation, a.attname AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = ${schema} AND c.relname IN (${names})
        UNION ALL
        SELECT 'index', c.relname, i.relname FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class i ON i.oid = x.indexrelid
        WHERE n.nspname = ${schema} AND c.relname IN (${names}) AND x.indisvalid AND NOT x.indisprimary`;
    case 'mysql':
      return sql`SELECT 'column' AS kind, table_name AS relation, column_name AS name
        FROM information_schema.columns WHERE table_schema = ${schema} AND table_name IN (${names})
        UNION ALL
        SELECT DISTINCT 'index', table_name, index_name FROM information_schema.statistics
        WHERE table_schema = ${schema} AND table_name IN (${names}) AND index_name <> 'PRIMARY'`;
    case 'sqlite':
      return sql`SELECT 'column' AS kind, t.name AS relation, c.name AS name
        FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name IN (${names})
        UNION ALL
        SELECT 'index', tbl_name, name FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (${names})`;
  }
}
