/** Waiting, and time that never jumps. Tests hand in their own, so that hours pass at once. */
export interface Timers {
  /** Milliseconds from an arbitrary beginning; only ever grows, whatever happens to the wall clock. */
  now(): number;
  /** Runs `then` once, after `ms` milliseconds. @returns how to call it off */
  after(ms: number, then: () => void): () => void;
}

/** What `setTimeout` can hold; beyond it, it would fire at once. */
const LONGEST = 2_147_483_647;

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(ms, LONGEST));
    return () => clearTimeout(timer);
  },
};
