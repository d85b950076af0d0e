import { codeOf, LOST_CONNECTIONS, type DriverError, type Failure } from '../database.errors.js';

const LOCK_CONFLICTS: ReadonlySet<string> = new Set([
  ...['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'],
]);

/** Errors that are about the server's condition and not about the statement. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'ER_CON_COUNT_ERROR',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'ER_SERVER_SHUTDOWN',
  'ER_NORMAL_SHUTDOWN',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_DISK_FULL',
  'ER_RECORD_FILE_FULL',
  'ER_QUERY_INTERRUPTED',
  'ER_ACCESS_DENIED_ERROR',
  'ER_NO_SUCH_TABLE',
]);

export function mysqlFailure(error: unknown): Failure {
  const code = codeOf(error);
  const { fatal } = error as DriverError;
  if (LOCK_CONFLICTS.has(code)) return 'lock-conflict';
  if (code === 'ER_DUP_ENTRY') return 'unique-violation';
  if (code.startsWith('ER_') && fatal !== true && !CONDITIONS.has(code)) return 'refusal';
  const lost = LOST_CONNECTIONS.has(code) || code === 'ER_NET_PACKET_TOO_LARGE';
  return lost ? 'lost-connection' : 'unavailable';
}
