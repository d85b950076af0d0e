import type { Row } from '../database.js';
import type { Sql } from '../sql.js';

interface TextClient {
  query(text: string): Promise<readonly { readonly rows: readonly Row[] }[]>;
  escapeLiteral(text: string): string;
}

/**
 * As one text, which has no parameters, so the values stand in it. The statements are the module's own, and so
 * are the values: ids, tokens, times and names of handlers.
 */
export async function inOneTrip(
  connection: unknown,
  statements: readonly Sql[],
): Promise<readonly (readonly Row[])[]> {
  const client = connection as TextClient;
  const texts = statements.map((statement) =>
    statement.textWith((value) => literal(value, client)),
  );
  const results = await client.query(texts.join('; '));
  return results.map(({ rows }) => rows);
}

const isIds = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((id) => typeof id === 'string' && /^\d+$/.test(id));

/** @throws TypeError for what has no literal here */
function literal(value: unknown, client: TextClient): string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    return String(value);
  }
  if (typeof value === 'string') return client.escapeLiteral(value);
  if (isIds(value)) return `'{${value.join(',')}}'`;
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'::bytea`;
  throw new TypeError(`A ${typeof value} cannot stand in a statement of several.`);
}
