import { driverError } from '../database.errors.js';
import { transactionEnded } from '../handler.transaction.errors.js';
import type { Server, ServerSessions } from '../server.js';
import { raw } from '../sql.js';
import { mysqlFailure } from './mysql.errors.js';

const sessions: ServerSessions = {
  columns: raw('CONNECTION_ID() AS session_id, NULL AS transaction_id'),
  inTransaction: () => raw('TRUE'),
  idOf: (connection) => (connection as { threadId?: unknown }).threadId,
  cancel: (id) => raw(`KILL QUERY ${Number(id)}`),
  /**
   * A deadlock, or a statement such as ALTER TABLE, ends the transaction without a word; what the handler
   * writes then is committed statement by statement, and so would be the mark. The savepoint is gone in
   * that case, and its release fails.
   */
  async guarded(ask, handler, work) {
    await ask(raw('SAVEPOINT armox_armalo_handler'));
    await work();
    try {
      await ask(raw('RELEASE SAVEPOINT armox_armalo_handler'));
    } catch (error) {
      const cause = driverError(error);
      throw cause.code === 'ER_SP_DOES_NOT_EXIST' ? transactionEnded(handler, cause) : error;
    }
  },
};

export const mysqlServer: Server = {
  begin: 'START TRANSACTION',
  prepare: [
    // The default, REPEATABLE READ, locks the gaps beside the rows that it reads.
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    // With NO_BACKSLASH_ESCAPES on the server, what mysql2 writes for a quotation mark would be stored as it stands.
    "SET SESSION innodb_lock_wait_timeout = 10, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
  ],
  changesAtOnce: false,
  text: (statement) => statement.sql,
  destroy: (connection) => (connection as { destroy(): void }).destroy(),
  failureOf: mysqlFailure,
  sessions,
};
