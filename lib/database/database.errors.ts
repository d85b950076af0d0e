import { InboxUnavailableError } from '../core/index.js';

interface DriverError extends Error {
  code?: unknown;
  errno?: unknown;
  fatal?: unknown;
}

/**
 * The driver's own error, without what could carry a payload into a log: TypeORM adds the parameters,
 * mysql2 the statement with its values, PostgreSQL a `detail` that quotes the row.
 */
export function driverError(error: unknown): DriverError {
  // By shape: native drivers make their errors in another realm (Jest), where `instanceof` says no.
  const found = isObject(error) && isObject(error['driverError']) ? error['driverError'] : error;
  if (!isObject(found) || typeof found['message'] !== 'string') {
    return new Error('The driver threw what is no error.');
  }
  for (const key of ['sql', 'detail', 'where', 'parameters', 'query']) {
    if (key in found) Reflect.deleteProperty(found, key);
  }
  return found as unknown as DriverError;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const LOCK_CONFLICTS: ReadonlySet<unknown> = new Set([
  ...['40001', '40P01', '55P03'],
  ...['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'],
]);

const UNIQUE_VIOLATIONS: ReadonlySet<unknown> = new Set([
  '23505',
  'ER_DUP_ENTRY',
  'SQLITE_CONSTRAINT_UNIQUE',
]);

/** Server errors that are about the server's condition and not about the statement. */
const MYSQL_CONDITIONS: ReadonlySet<unknown> = new Set([
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

/** A deadlock, a serialization failure or a lock timeout: the same work may pass when it is tried again. */
export const isLockConflict = (error: unknown): boolean =>
  LOCK_CONFLICTS.has((error as DriverError).code);

export const isUniqueViolation = (error: unknown): boolean =>
  UNIQUE_VIOLATIONS.has((error as DriverError).code);

const LOST_CONNECTIONS: ReadonlySet<unknown> = new Set([
  ...['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', 'ER_NET_PACKET_TOO_LARGE'],
]);

/** The connection broke off under the statement, be it for its size: a shorter one may pass. */
export const lostConnection = (error: unknown): boolean =>
  LOST_CONNECTIONS.has((error as DriverError | undefined)?.code);

/** The database is locked by another connection (SQLite). */
export function isBusy(error: unknown): boolean {
  const code = (error as DriverError | undefined)?.code;
  if (typeof code === 'string') return /^SQLITE_(BUSY|LOCKED)/.test(code);
  // sql.js has no codes, and no second connection either.
  return false;
}

/**
 * Whether the database refuses this very statement or its values, so that another row may pass;
 * everything else means that the database cannot be used just now.
 */
export function isRefusal(error: unknown): boolean {
  const { code, fatal } = error as DriverError;
  if (typeof code !== 'string' || fatal === true) return false;
  if (/^[0-9A-Z]{5}$/.test(code))
    return /^(2[0-3]|42|44|54|0A|P0|XX)/.test(code) && code !== '42P01';
  if (code.startsWith('ER_')) return !MYSQL_CONDITIONS.has(code) && !isLockConflict(error);
  return /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|ERROR|RANGE)/.test(code);
}

/** What a unit's failure comes out as: refusals as they are, everything else as "not available". */
export function asStoreError(error: unknown): Error {
  if (error instanceof InboxUnavailableError) return error;
  const cause = driverError(error);
  if (isRefusal(cause) || isLockConflict(cause)) return cause;
  return new InboxUnavailableError(
    'The database did not carry out a statement of the inbox; nothing of it counts. It is tried again by whoever asked for it.',
    { cause },
  );
}

export const timedOut = (what: string, milliseconds: number): InboxUnavailableError =>
  new InboxUnavailableError(`${what} took longer than ${milliseconds} ms and was given up.`);
