import { InboxUnavailableError } from '../../lib/core/index.js';
import {
  asStoreError,
  LostConnectionError,
  LostStatementError,
  type Failure,
} from '../../lib/database/database.errors.js';
import { mysqlFailure } from '../../lib/database/mysql/mysql.errors.js';
import { postgresFailure } from '../../lib/database/postgres/postgres.errors.js';
import { sqliteFailure } from '../../lib/database/sqlite/sqlite.errors.js';

const coded = (code?: string, more: object = {}) =>
  Object.assign(new Error(code), code === undefined ? more : { code, ...more });

describe('each database says what its own errors mean', () => {
  it.each<[string, Failure]>([
    ['40001', 'lock-conflict'],
    ['40P01', 'lock-conflict'],
    ['23505', 'unique-violation'],
    ['23514', 'refusal'],
    ['22021', 'refusal'],
    ['42601', 'refusal'],
    ['42P01', 'unavailable'],
    ['57P01', 'unavailable'],
    ['ECONNRESET', 'lost-connection'],
    ['EPIPE', 'lost-connection'],
    ['ECONNREFUSED', 'unavailable'],
  ])('PostgreSQL: %s is a %s', (code, failure) => {
    expect(postgresFailure(coded(code))).toBe(failure);
  });

  it.each<[string, Failure]>([
    ['ER_LOCK_DEADLOCK', 'lock-conflict'],
    ['ER_CHECKREAD', 'lock-conflict'],
    ['ER_DUP_ENTRY', 'unique-violation'],
    ['ER_DATA_TOO_LONG', 'refusal'],
    ['ER_DISK_FULL', 'unavailable'],
    ['ER_NO_SUCH_TABLE', 'unavailable'],
    ['PROTOCOL_CONNECTION_LOST', 'lost-connection'],
  ])('MySQL and MariaDB: %s is a %s', (code, failure) => {
    expect(mysqlFailure(coded(code))).toBe(failure);
  });

  it('MySQL and MariaDB: what ends the connection is no refusal of the statement', () => {
    expect(mysqlFailure(coded('ER_DATA_TOO_LONG', { fatal: true }))).toBe('unavailable');
    expect(mysqlFailure(coded('ER_NET_PACKET_TOO_LARGE', { fatal: true }))).toBe('lost-connection');
  });

  it.each<[string | undefined, Failure]>([
    ['SQLITE_CONSTRAINT_UNIQUE', 'unique-violation'],
    ['SQLITE_CONSTRAINT_CHECK', 'refusal'],
    ['SQLITE_TOOBIG', 'refusal'],
    ['SQLITE_FULL', 'unavailable'],
    ['SQLITE_BUSY', 'unavailable'],
    [undefined, 'unavailable'],
  ])('SQLite: %s is a %s', (code, failure) => {
    expect(sqliteFailure(coded(code))).toBe(failure);
  });
});

describe('a failed unit comes out', () => {
  const outcome = (failure: Failure) => {
    const cause = coded('X', { detail: 'the row' });
    return { cause, error: asStoreError(cause, () => failure) };
  };

  it('as it is where PostgreSQL has lost what was prepared, which is for the database to send again', () => {
    const lost = new LostStatementError('A prepared statement is lost.');
    expect(asStoreError(lost, postgresFailure)).toBe(lost);
    expect(postgresFailure(lost)).toBe('lost-statement');
  });

  it.each<Failure>(['refusal', 'unique-violation', 'lock-conflict'])('as it is: %s', (failure) => {
    const { cause, error } = outcome(failure);
    expect(error).toBe(cause);
    expect(error).not.toHaveProperty('detail');
  });

  it('as "not available", which says where the connection was lost', () => {
    const [unavailable, lost] = [outcome('unavailable').error, outcome('lost-connection').error];
    expect(unavailable).toBeInstanceOf(InboxUnavailableError);
    expect(unavailable).not.toBeInstanceOf(LostConnectionError);
    expect(lost).toBeInstanceOf(LostConnectionError);
    expect(lost).toMatchObject({
      name: 'InboxUnavailableError',
      code: 'ARMOX_ARMALO_STORE_UNAVAILABLE',
    });
  });
});
