import type { Abortable, Timers } from '../core/index.js';

/** `work`, but no longer than `ms` after one of the signals has aborted. */
export async function untilOrGivenUp<T>(
  work: Promise<T>,
  signals: readonly Abortable[],
  ms: number,
  timers: Timers,
): Promise<T | 'given-up'> {
  const cancels: (() => void)[] = [];
  const givenUp = new Promise<'given-up'>((resolve) => {
    const count = () => cancels.push(timers.after(ms, () => resolve('given-up')));
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
