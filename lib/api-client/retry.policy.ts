import type { Random } from '../core/index.js';
import type { WireOutcome } from './exchange.js';
import { pauseAfter429 } from './rate-headers.js';
import type { RateHeaders } from './rate-headers.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
const CLIENT_TIMEOUT = 408;
const TOO_MANY = 429;
const NOT_IMPLEMENTED = 501;

/**
 * Whether a call may be sent again. What was refused by a 429 or never left may always; what may have
 * had an effect only where repeating it is harmless (docs/contract.md#armox-open-points).
 */
export function mayRetry(outcome: WireOutcome, repeatable: boolean): boolean {
  switch (outcome.kind) {
    case 'unsent':
      return true;
    case 'aborted':
      return false;
    case 'lost':
      return repeatable;
    case 'answer':
      return outcome.answer.status === TOO_MANY || (repeatable && isPassing(outcome.answer.status));
  }
}

/** Statuses that say nothing of the request itself. */
export function isPassing(status: number): boolean {
  return status === CLIENT_TIMEOUT || (status >= 500 && status !== NOT_IMPLEMENTED);
}

/**
 * Milliseconds before the next attempt: what the service asks for, else exponential with jitter.
 * @param retry 1 for the first repetition
 */
export function backoffMs(
  outcome: WireOutcome,
  rate: RateHeaders,
  retry: number,
  random: Random,
): number {
  if (outcome.kind === 'answer' && outcome.answer.status === TOO_MANY) return pauseAfter429(rate);
  if (rate.retryAfterMs !== undefined) return rate.retryAfterMs;
  const full = Math.min(FIRST_BACKOFF_MS * 2 ** (retry - 1), LONGEST_BACKOFF_MS);
  return full / 2 + (random() * full) / 2;
}
