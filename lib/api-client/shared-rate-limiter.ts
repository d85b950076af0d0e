import { createHash } from 'node:crypto';
import type { Timers } from '../core/index.js';
import { RateLimiter } from './rate-limiter.js';
import type { RateLimits } from './rate-limits.js';

/** By a digest, so that no key lies about in a process-wide map. */
const limiters = new Map<string, RateLimiter>();

/**
 * The limiter of a key: all clients of the process that use it at the same base URL share one, since
 * the services count per key. The first client's time and limits stand.
 */
export function sharedRateLimiter(
  baseUrl: URL,
  apiKey: string,
  timers: Timers,
  limits: RateLimits,
): RateLimiter {
  const name = createHash('sha256').update(`${baseUrl.href}\n${apiKey}`).digest('hex');
  let limiter = limiters.get(name);
  if (!limiter) limiters.set(name, (limiter = new RateLimiter(timers, limits)));
  return limiter;
}
