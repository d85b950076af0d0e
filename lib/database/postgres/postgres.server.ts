import type { Server } from '../server.js';
import { raw, sql } from '../sql.js';
import { postgresFailure } from './postgres.errors.js';
import { inOneTrip } from './postgres.trip.js';

export const postgresServer: Server = {
  begin: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  prepare: [],
  changesAtOnce: true,
  text: (statement) => statement.text,
  destroy: (connection) => {
    // With a statement under way `end` cuts the connection, and the pool drops a client that is ending.
    const client = connection as { end(): Promise<void> };
    void client.end().catch(() => undefined);
  },
  failureOf: postgresFailure,
  inOneTrip,
  sessions: {
    columns: raw('pg_backend_pid() AS session_id, txid_current() AS transaction_id'),
    inTransaction: (id) => sql`txid_current() = CAST(${id} AS bigint)`,
    idOf: (connection) => (connection as { processID?: unknown }).processID,
    cancel: (id) => sql`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE pid = CAST(${id} AS integer) AND usename = current_user AND datname = current_database()`,
    guarded: (_ask, _handler, work) => work(),
  },
};
