import { codeOf, type Failure } from '../database.errors.js';

/** sql.js has no codes, and no second connection either. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error));

export function sqliteFailure(error: unknown): Failure {
  const code = codeOf(error);
  if (code === 'SQLITE_CONSTRAINT_UNIQUE') return 'unique-violation';
  return /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|ERROR|RANGE)/.test(code) ? 'refusal' : 'unavailable';
}
