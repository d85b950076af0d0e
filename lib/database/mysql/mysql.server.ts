import { driverError } from '../database.errors.js';
import type { Row } from '../database.js';
import { transactionEnded } from '../handler.transaction.errors.js';
import type { Answer, Server, ServerSessions } from '../server.js';
import { raw, type Sql } from '../sql.js';
import { mysqlFailure } from './mysql.errors.js';

const sessions: ServerSessions = {
  columns: raw('CONNECTION_ID() AS session_id, NULL AS transaction_id'),
  inTransaction: () => raw('TRUE'),
  withoutAutocommit: raw('SET autocommit = 0'),
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

const SET_UP = [
  // The default, REPEATABLE READ, locks the gaps beside the rows that it reads.
  raw('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'),
  // With NO_BACKSLASH_ESCAPES on the server, what mysql2 writes for a quotation mark would be stored as it stands.
  raw(
    "SET SESSION innodb_lock_wait_timeout = 10, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
  ),
];

/** The part of a `mysql2` connection that is used here. */
interface MysqlConnection {
  query(
    text: string,
    values: readonly unknown[],
    answered: (error: Error | null, result: readonly Row[] | { affectedRows?: number }) => void,
  ): unknown;
}

function ask(connection: unknown, { sql: text, values }: Sql): Promise<Answer> {
  return new Promise((resolve, reject) => {
    (connection as MysqlConnection).query(text, values, (error, result) => {
      if (error) reject(error);
      else if ('affectedRows' in result) resolve({ rows: [], affected: result.affectedRows ?? 0 });
      else resolve({ rows: result as readonly Row[], affected: 0 });
    });
  });
}

export const mysqlServer: Server = {
  begin: raw('START TRANSACTION'),
  setUp: async (connection) => {
    for (const statement of SET_UP) await ask(connection, statement);
  },
  changesAtOnce: false,
  text: (statement) => statement.sql,
  ask,
  destroy: (connection) => (connection as { destroy(): void }).destroy(),
  failureOf: mysqlFailure,
  sessions,
};
