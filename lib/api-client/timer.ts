import { runAfter } from '../core/index.js';

/** The one door to waiting. Tests hand in their own, so that minutes pass without sleeping. */
export interface Timer {
  /** Milliseconds from an arbitrary beginning; only ever grows, whatever happens to the wall clock. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `expired` after `ms`, unless the returned function was called first. */
  limit(ms: number, expired: () => void): () => void;
}

export const systemTimer: Timer = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = (): void => {
        cancel();
        reject(signal?.reason as Error);
      };
      const cancel = runAfter(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    }),
  limit: runAfter,
};
