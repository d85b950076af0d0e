import { randomBytes } from 'node:crypto';
import { type Dialect, raw, sql, type Sql } from '../database/index.js';

export const freshToken = (): string => randomBytes(16).toString('hex');

export const tokenBytes = (token: string): Buffer => Buffer.from(token, 'hex');

/** What a claim sets. */
export function leased(dialect: Dialect, token: string, leaseMs: number): Sql {
  return sql`lease = ${tokenBytes(token)}, lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`;
}

/** What an end sets, beside what it says of why. */
export const ended = ({ now }: Dialect, state: 'done' | 'ignored' | 'dead'): Sql =>
  sql`state = ${raw(`'${state}'`)}, due_at = ${now}, finished_at = ${now},
    lease = NULL, lease_until = NULL`;

/** `body_gone` leads the index on MySQL, and open rows always have their body. */
export const PENDING = raw("state = 'open' AND body_gone = 0");
