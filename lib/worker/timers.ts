import { runAfter } from '../core/index.js';

/** Waiting, and time that never jumps. Tests hand in their own, so that hours pass at once. */
export interface Timers {
  /** Milliseconds from an arbitrary beginning; only ever grows, whatever happens to the wall clock. */
  now(): number;
  /** Runs `then` once, after `ms` milliseconds. @returns how to call it off */
  after(ms: number, then: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: runAfter,
};
