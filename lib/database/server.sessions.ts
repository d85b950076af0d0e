import { raw, sql, type Sql } from './sql.js';

/** How a server names a session and its transaction, and how another session ends what that one is doing. */
export interface ServerSessions {
  /** Columns `session_id` and `transaction_id`. */
  readonly columns: Sql;
  /** True as long as the session is still in that transaction, where the server can tell. */
  inTransaction(id: unknown): Sql;
  /** What the driver takes for the session's id; behind a pooler it is not the server's. */
  idOf(connection: unknown): unknown;
  /** Ends the session's statement, and nothing else of it. */
  cancel(id: unknown): Sql;
}

export const POSTGRES_SESSIONS: ServerSessions = {
  columns: raw('pg_backend_pid() AS session_id, txid_current() AS transaction_id'),
  inTransaction: (id) => sql`txid_current() = CAST(${id} AS bigint)`,
  idOf: (connection) => (connection as { processID?: unknown }).processID,
  cancel: (id) => sql`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE pid = CAST(${id} AS integer) AND usename = current_user AND datname = current_database()`,
};

export const MYSQL_SESSIONS: ServerSessions = {
  columns: raw('CONNECTION_ID() AS session_id, NULL AS transaction_id'),
  // There a savepoint tells.
  inTransaction: () => raw('TRUE'),
  idOf: (connection) => (connection as { threadId?: unknown }).threadId,
  cancel: (id) => raw(`KILL QUERY ${Number(id)}`),
};
