import type { Random } from '../../core/index.js';
import type { HandlerRetryPolicy } from '../../handlers/index.js';

/** Milliseconds to wait after `attempt` (1 for the first) has failed. */
export function retryDelay(policy: HandlerRetryPolicy, attempt: number, random: Random): number {
  // A large attempt grows to Infinity, and Infinity times a delay of 0 is no number.
  const growth = Math.min(policy.factor ** (attempt - 1), Number.MAX_VALUE);
  const wait = Math.min(policy.maxDelay, policy.delay * growth);
  return Math.round(wait * (1 + policy.jitter * (2 * random() - 1)));
}

/** Whether a handler may be run in this attempt of the event. */
export function mayRun(policy: HandlerRetryPolicy, attempt: number): boolean {
  return attempt <= policy.attempts;
}
