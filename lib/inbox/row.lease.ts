import { randomBytes } from 'node:crypto';
import { type Dialect, raw, sql, type Sql } from '../database/index.js';

export const freshToken = (): string => randomBytes(16).toString('hex');

export const tokenBytes = (token: string): Buffer => Buffer.from(token, 'hex');

/** What a claim sets. */
export function leased(dialect: Dialect, token: string, leaseMs: number): Sql {
  return sql`lease = ${tokenBytes(token)}, lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`;
}

/** `body_gone` leads the index on MySQL, and open rows always have their body. */
export const PENDING = raw("state = 'open' AND body_gone = 0");
