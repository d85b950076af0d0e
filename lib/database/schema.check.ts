import { only, type Database, type Row } from './database.js';
import type { Tables } from './tables.js';

/** What the tables need, as `table t`, `column t.c` and `index t.i`. */
export function neededParts(tables: Tables): readonly string[] {
  return tables.definitions.flatMap((definition) => {
    const { name, prefix } = tables.named(definition);
    const { columns, indexes } = tables.schemaDialect.layout(definition);
    return [
      `table ${name}`,
      ...[...columns.keys()].map((column) => `column ${name}.${column}`),
      ...indexes.map((index) => `index ${name}.${prefix}_${index.name}`),
    ];
  });
}

/**
 * What the database has of them. From its own catalog and not from a history of migrations, of which the
 * application may have its own.
 */
export async function presentParts(
  database: Database,
  tables: Tables,
): Promise<ReadonlySet<string>> {
  const names = tables.definitions.map((definition) => tables.named(definition).name);
  const catalog = tables.schemaDialect.catalog(tables.schema, names);
  const rows = await database.read(() => only(catalog));
  return new Set(rows.flatMap(partsOf));
}

function partsOf(row: Row): readonly string[] {
  const [kind, table, name] = [row['kind'], row['relation'], row['name']].map(String);
  return kind === 'index'
    ? [`index ${table}.${name}`]
    : [`table ${table}`, `column ${table}.${name}`];
}
