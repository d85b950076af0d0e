import { ConfigurationError, type Random } from '../core/index.js';
import type { RetryPolicy } from '../handlers/index.js';

/** Milliseconds to wait after `attempt` (1 for the first) has failed. */
export function retryDelay(policy: RetryPolicy, attempt: number, random: Random): number {
  // A large attempt grows to Infinity, and Infinity times a delay of 0 is no number.
  const growth = Math.min(policy.factor ** (attempt - 1), Number.MAX_VALUE);
  const wait = Math.min(policy.maxDelay, policy.delay * growth);
  return Math.round(wait * (1 + policy.jitter * (2 * random() - 1)));
}

/** Whether a handler may be run in this attempt of the event. */
export function mayRun(policy: RetryPolicy, attempt: number): boolean {
  return attempt <= policy.attempts;
}

/** @throws ConfigurationError that names the part of the policy, as `<option>.delay` */
export function assertRetryPolicy(policy: RetryPolicy, option: string): void {
  const { attempts, delay, factor, maxDelay, jitter } = policy;
  const refuse = (part: keyof RetryPolicy, whatToDo: string): never => {
    throw new ConfigurationError(`${option}.${part}`, whatToDo);
  };
  if (!Number.isInteger(attempts) || attempts < 1) {
    refuse('attempts', 'must be a whole number of at least 1, the first attempt included.');
  }
  if (!(delay >= 0 && Number.isFinite(delay))) refuse('delay', 'must be milliseconds, 0 or more.');
  if (!(factor >= 1 && Number.isFinite(factor)))
    refuse('factor', 'must be a number of at least 1.');
  if (!(maxDelay >= 0 && Number.isFinite(maxDelay))) {
    refuse('maxDelay', 'must be milliseconds, 0 or more.');
  }
  if (!(jitter >= 0 && jitter <= 1)) refuse('jitter', 'must be from 0 to 1.');
}
