import { InboxUnavailableError } from '../core/index.js';

/**
 * What an error means for whoever asked for a statement. Each database says it of its own codes:
 * - `lock-conflict`: a deadlock, a serialization failure or a lock timeout; the same work may pass when it is tried again.
 * - `unique-violation`: a row with the same unique value is there.
 * - `refusal`: it refuses this very statement or its values, so that another row may pass.
 * - `lost-statement`: a prepared statement is not known any more, and none is prepared from now on; the same work passes when it is tried again.
 * - `lost-connection`: it broke off under the statement, be it for its size; a shorter one may pass.
 * - `unavailable`: the database cannot be used just now.
 */
export type Failure =
  | 'lock-conflict'
  | 'unique-violation'
  | 'refusal'
  | 'lost-statement'
  | 'lost-connection'
  | 'unavailable';

/** An error of a driver. */
export interface DriverError extends Error {
  code?: unknown;
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

/** The driver's code for an error; empty where it has none. */
export function codeOf(error: unknown): string {
  const code = (error as DriverError | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Node's and the drivers' codes for a connection that broke off. */
export const LOST_CONNECTIONS: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'],
]);

/** The connection broke off under the statement. */
export class LostConnectionError extends InboxUnavailableError {
  override readonly name = 'InboxUnavailableError';
}

/** The transaction, or the connection, has ended with a prepared statement that is not known any more. */
export class LostStatementError extends Error {
  override readonly name = 'LostStatementError';
}

/** What a unit's failure comes out as: refusals and conflicts as they are, everything else as "not available". */
export function asStoreError(error: unknown, failureOf: (error: unknown) => Failure): Error {
  if (error instanceof InboxUnavailableError) return error;
  const cause = driverError(error);
  const failure = failureOf(cause);
  if (failure !== 'lost-connection' && failure !== 'unavailable') return cause;
  const Unavailable = failure === 'lost-connection' ? LostConnectionError : InboxUnavailableError;
  return new Unavailable(
    'The database did not carry out a statement of the inbox; nothing of it counts. It is tried again by whoever asked for it.',
    { cause },
  );
}

export const timedOut = (what: string, milliseconds: number): InboxUnavailableError =>
  new InboxUnavailableError(`${what} took longer than ${milliseconds} ms and was given up.`);
