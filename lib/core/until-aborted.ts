import type { Abortable } from './abortable.js';

/**
 * `work`, or the signal's reason once that aborts; what `work` comes to then is nobody's any more.
 * @throws the signal's reason
 */
export async function untilAborted<T>(work: Promise<T>, signal: Abortable): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => {
      const reason = signal.reason as Error;
      reject(reason);
    };
    stop = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}
