import { codeOf, LOST_CONNECTIONS, LostStatementError, type Failure } from '../database.errors.js';

const LOCK_CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);
const UNIQUE_VIOLATION = '23505';
const UNDEFINED_TABLE = '42P01';

/** Of SQLSTATE: wrong data, constraints, syntax, limits, missing features, errors of functions, and internal ones. */
const REFUSALS = /^(2[0-3]|42|44|54|0A|P0|XX)...$/;

export function postgresFailure(error: unknown): Failure {
  if (error instanceof LostStatementError) return 'lost-statement';
  const code = codeOf(error);
  if (LOCK_CONFLICTS.has(code)) return 'lock-conflict';
  if (code === UNIQUE_VIOLATION) return 'unique-violation';
  if (REFUSALS.test(code) && code !== UNDEFINED_TABLE) return 'refusal';
  return LOST_CONNECTIONS.has(code) ? 'lost-connection' : 'unavailable';
}
