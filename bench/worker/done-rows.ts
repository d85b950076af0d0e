export interface DoneRow {
  readonly table: string;
  /** Finds one row that its owner has finished itself: the one that is copied. */
  readonly where: string;
  /** Columns that the database fills in. */
  readonly generated: readonly string[];
  /** What must differ from row to row: SQL by column, in which `number` counts the copies. */
  readonly changed: Readonly<Record<string, string>>;
}

/** Rows that are done and kept, as many as years leave behind. PostgreSQL only. */
export async function copyDone(
  query: (sql: string) => Promise<unknown>,
  count: number,
  { table, where, generated, changed }: DoneRow,
): Promise<void> {
  const names = await columnsOf(query, table);
  const columns = names.filter((name) => !generated.includes(name));
  const values = columns.map((name) => changed[name] ?? name);
  await query(
    `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} ` +
      `FROM (SELECT * FROM ${table} WHERE ${where} LIMIT 1) one, generate_series(1, ${count - 1}) number`,
  );
}

async function columnsOf(
  query: (sql: string) => Promise<unknown>,
  table: string,
): Promise<readonly string[]> {
  const found = (await query(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = '${table}'::regclass ` +
      "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
  )) as readonly { readonly name: string }[];
  return found.map(({ name }) => name);
}
