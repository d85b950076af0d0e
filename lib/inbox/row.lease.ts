import { randomBytes } from 'node:crypto';
import { type Dialect, join, raw, sql, type Sql } from '../database/index.js';
import type { Lease } from './claimed.row.js';

export const freshToken = (): string => randomBytes(16).toString('hex');

export const tokenBytes = (token: string): Buffer => Buffer.from(token, 'hex');

/** The rows whose lease is still one of these. */
export function held(dialect: Dialect, leases: readonly Lease[]): Sql {
  const byToken = new Map<string, string[]>();
  for (const { id, token } of leases) {
    const ids = byToken.get(token);
    if (ids) ids.push(id);
    else byToken.set(token, [id]);
  }
  const each = [...byToken].map(
    ([token, ids]) => sql`(lease = ${tokenBytes(token)} AND ${dialect.oneOf('id', ids)})`,
  );
  if (each.length === 1) return join(each);
  const ids = leases.map(({ id }) => id);
  return sql`${dialect.oneOf('id', ids)} AND (${join(each, ' OR ')})`;
}

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

/** 1 for a row that is running now, else 0: what `eventSummary` reads as `running`. */
export const runningOf = ({ now }: Dialect): Sql =>
  sql`CASE WHEN state = 'open' AND lease_until > ${now} THEN 1 ELSE 0 END`;
