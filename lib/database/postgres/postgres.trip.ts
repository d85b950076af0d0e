import { systemTimers } from '../../core/index.js';
import { codeOf, LostStatementError } from '../database.errors.js';
import type { Row } from '../database.js';
import type { Sql } from '../sql.js';
import { LOST_STATEMENTS, type PreparedStatements } from './prepared.statements.js';

interface TextClient {
  readonly processID?: number | null;
  query(text: string): Promise<Result | readonly Result[]>;
  escapeLiteral(text: string): string;
}

interface Result {
  readonly rows: readonly Row[];
}

/**
 * A plan that is kept may have been made while the table was empty, and reads all of it when it no longer is.
 * On a connection of the application it cannot be forbidden, so it is not kept for longer than this.
 */
const KEPT_MS = 1_000;

/**
 * Several statements of the module's as one text, on connections of the application. A text has no parameters, so
 * the values stand in it: ids, tokens, times and names of handlers.
 */
export class PostgresTrips {
  /** For each connection whose session is its own alone, the names that are prepared there, and since when. */
  private readonly kept = new WeakMap<object, Map<string, number> | 'none'>();

  constructor(private readonly prepared: PreparedStatements) {}

  /**
   * @returns the rows of each
   * @throws the driver's error; LostStatementError where one that was prepared is not there any more
   */
  async run(connection: unknown, statements: readonly Sql[]): Promise<readonly (readonly Row[])[]> {
    const client = connection as TextClient;
    const kept = await this.keptOf(client);
    const texts: string[] = [];
    const places: number[] = [];
    const fresh: string[] = [];
    for (const statement of statements) {
      const name = kept && statement.isPrepared ? this.prepared.nameOf(statement.text) : undefined;
      if (!kept || name === undefined) {
        texts.push(statement.textWith((value) => literal(value, client)));
      } else {
        const since = kept.get(name);
        if (since === undefined || systemTimers.now() - since > KEPT_MS) {
          if (since !== undefined) texts.push(`DEALLOCATE ${name}`);
          texts.push(`PREPARE ${name} AS ${statement.text}`);
          fresh.push(name);
        }
        const values = statement.values.map((value) => literal(value, client)).join(', ');
        texts.push(values === '' ? `EXECUTE ${name}` : `EXECUTE ${name}(${values})`);
      }
      places.push(texts.length - 1);
    }
    const results = await this.send(client, texts, fresh);
    for (const name of fresh) kept?.set(name, systemTimers.now());
    return places.map((place) => results[place]?.rows ?? []);
  }

  private async send(
    client: TextClient,
    texts: readonly string[],
    fresh: readonly string[],
  ): Promise<readonly Result[]> {
    try {
      const results = await client.query(texts.join('; '));
      return 'rows' in results ? [results] : results;
    } catch (error) {
      const code = codeOf(error);
      // Whether these are prepared by now is not known.
      if (fresh.length > 0) this.kept.set(client, 'none');
      if (!LOST_STATEMENTS.has(code)) throw error;
      this.kept.set(client, 'none');
      throw new LostStatementError('A prepared statement is lost.', { cause: error });
    }
  }

  /** @returns undefined where the session may be shared, as behind a pooler */
  private async keptOf(client: TextClient): Promise<Map<string, number> | undefined> {
    let kept = this.kept.get(client);
    if (kept === undefined) {
      const result = await client.query('SELECT pg_backend_pid() AS id');
      const [row] = 'rows' in result ? result.rows : [];
      kept = row?.['id'] === client.processID ? new Map<string, number>() : 'none';
      this.kept.set(client, kept);
    }
    return kept === 'none' ? undefined : kept;
  }
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
