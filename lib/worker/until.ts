import type { Abortable, Timers } from '../core/index.js';

/** Longer than the store needs to end a transaction on a connection that is dead: for a store that hangs. */
const LONGEST_END_MS = 20_000;

/** `work`, but no longer than 20 seconds after one of the signals has aborted. */
export async function untilOrGivenUp<T>(
  work: Promise<T>,
  signals: readonly Abortable[],
  timers: Timers,
): Promise<T | 'given-up'> {
  const cancels: (() => void)[] = [];
  const givenUp = new Promise<'given-up'>((resolve) => {
    const count = () => cancels.push(timers.after(LONGEST_END_MS, () => resolve('given-up')));
    for (const signal of signals) {
      if (signal.aborted) count();
      signal.addEventListener('abort', count);
      cancels.push(() => signal.removeEventListener('abort', count));
    }
  });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    for (const cancel of cancels) cancel();
  }
}
