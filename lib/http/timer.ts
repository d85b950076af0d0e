import { setTimeout as delay } from 'node:timers/promises';

/** The one door to waiting. Tests hand in their own, so that minutes pass without sleeping. */
export interface Timer {
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `expired` after `ms`, unless the returned function was called first. */
  limit(ms: number, expired: () => void): () => void;
}

/** setTimeout fires at once beyond this; nothing here needs to wait for 24 days in one piece. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimer: Timer = {
  async sleep(ms, signal) {
    try {
      await delay(Math.min(ms, LONGEST_MS), undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  limit(ms, expired) {
    const handle = setTimeout(expired, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(handle);
  },
};
