import { codeOf, LostStatementError } from '../database.errors.js';
import type { Row } from '../database.js';
import type { Answer, Server, ServerSessions } from '../server.js';
import { raw, sql, type Sql } from '../sql.js';
import { postgresFailure } from './postgres.errors.js';
import { PostgresTrips } from './postgres.trip.js';
import { LOST_STATEMENTS, PreparedStatements } from './prepared.statements.js';

/** The part of a `pg` client that is used here. */
interface PostgresClient {
  /** As the server has told it; a pooler tells one of its own. */
  readonly processID?: number | null;
  query(statement: {
    readonly name?: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<{ readonly rows: readonly Row[]; readonly rowCount: number | null }>;
  end(): Promise<void>;
}

/** A pooler's word for a statement that it does not know. */
const PROTOCOL_VIOLATION = '08P01';
const ABORTED_TRANSACTION = '25P02';

export class PostgresServer implements Server {
  readonly begin = raw('BEGIN ISOLATION LEVEL READ COMMITTED');
  readonly changesAtOnce = true;
  readonly failureOf = postgresFailure;
  readonly sessions: ServerSessions = {
    columns: raw('pg_backend_pid() AS session_id, txid_current() AS transaction_id'),
    inTransaction: (id) => sql`txid_current() = CAST(${id} AS bigint)`,
    hasCommitted: (id) => sql`txid_status(CAST(${id} AS bigint)) = 'committed'`,
    idOf: (connection) => (connection as PostgresClient).processID,
    cancel: (id) => sql`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE pid = CAST(${id} AS integer) AND usename = current_user AND datname = current_database()`,
    guarded: (_ask, _handler, work) => work(),
  };
  private readonly prepared = new PreparedStatements();
  private readonly trips = new PostgresTrips(this.prepared);
  /** Those whose session is ours alone: what is prepared there stays there. */
  private readonly ours = new WeakSet<object>();

  inOneTrip(connection: unknown, statements: readonly Sql[]) {
    return this.trips.run(connection, statements);
  }

  text(statement: Sql): string {
    return statement.text;
  }

  /**
   * Settings are for our own sessions only: behind a pooler others would come to have them.
   *
   * A plan that PostgreSQL keeps for a prepared statement may have been made while the table was empty, and
   * reads all of it when it no longer is; so every run is planned. And where PostgreSQL does not know yet how
   * full the table is, it reads all open rows and sorts them instead of following the index that has them in
   * order: a claim of 500 from 20,000 takes 5 ms by that index, and else 13 ms, more behind a longer backlog.
   */
  async setUp(connection: unknown): Promise<void> {
    const id = this.sessions.idOf(connection) ?? null;
    const { rows } = await this.ask(
      connection,
      sql`SELECT set_config('plan_cache_mode', 'force_custom_plan', false),
        set_config('enable_bitmapscan', 'off', false)
        WHERE pg_backend_pid() = ${id}`,
    );
    if (rows.length > 0) this.ours.add(connection as object);
    else this.prepared.giveUp('its connections share their sessions, as those of a pooler do');
  }

  async ask(connection: unknown, statement: Sql): Promise<Answer> {
    const { text, values } = statement;
    const name = this.nameOf(connection, statement);
    if (name === undefined) return answer(connection, { text, values });
    try {
      return await answer(connection, { name, text, values });
    } catch (error) {
      const code = codeOf(error);
      if (!LOST_STATEMENTS.has(code) && code !== PROTOCOL_VIOLATION) throw error;
      this.prepared.giveUp(`PostgreSQL, or a pooler before it, has lost one (SQLSTATE ${code})`);
      if (code === PROTOCOL_VIOLATION) this.destroy(connection);
      return await answer(connection, { text, values }).catch((again: unknown) => {
        const over = code === PROTOCOL_VIOLATION || codeOf(again) === ABORTED_TRANSACTION;
        throw over
          ? new LostStatementError('A prepared statement is lost.', { cause: error })
          : again;
      });
    }
  }

  destroy(connection: unknown): void {
    // With a statement under way `end` cuts the connection, and the pool drops a client that is ending.
    void (connection as PostgresClient).end().catch(() => undefined);
  }

  private nameOf(connection: unknown, { isPrepared, text }: Sql): string | undefined {
    const kept = isPrepared && this.ours.has(connection as object);
    return kept ? this.prepared.nameOf(text) : undefined;
  }
}

async function answer(
  connection: unknown,
  statement: Parameters<PostgresClient['query']>[0],
): Promise<Answer> {
  const { rows, rowCount } = await (connection as PostgresClient).query(statement);
  return { rows, affected: rowCount ?? 0 };
}
