/**
 * The two doors to time; tests hand in their own, so that days pass without sleeping. They are two because
 * the time of day jumps, when it is set or a machine wakes up: what is dated or compared with others' dates
 * needs it, and nothing that waits may depend on it.
 */

/** The time of day. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** Waiting, and time that never jumps. */
export interface Timers {
  /** Milliseconds from an arbitrary beginning; only ever grows, whatever happens to the time of day. */
  now(): number;
  /** Runs `then` once, after `ms` milliseconds, however many they are. @returns how to call it off */
  after(ms: number, then: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => Date.now() };

/** What `setTimeout` and `setInterval` can hold, some 24.8 days; beyond it, they fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  now: () => performance.now(),
  after,
  sleep: (ms, signal) => sleepBy(after, ms, signal),
};

function after(ms: number, then: () => void): () => void {
  let timeout: NodeJS.Timeout;
  const wait = (left: number): void => {
    const piece = Math.min(left, LONGEST_TIMEOUT_MS);
    timeout = setTimeout(() => (left > piece ? wait(left - piece) : then()), piece);
  };
  wait(ms);
  return () => clearTimeout(timeout);
}

/** The `sleep` that follows from an `after`. */
export function sleepBy(after: Timers['after'], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const abort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** What `within` gives where the work is not done in time. */
export const LATE = Symbol('late');

/** Waits for `work`, but no longer than `ms`; the work itself goes on. @throws what `work` throws */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  timers: Pick<Timers, 'after'>,
): Promise<T | typeof LATE> {
  let cancel = (): void => undefined;
  const over = new Promise<typeof LATE>((resolve) => {
    cancel = timers.after(ms, () => resolve(LATE));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    cancel();
  }
}

/** Runs `then` every `ms` milliseconds, however many they are; `clearInterval` ends it. */
export function runEvery(ms: number, then: () => void): NodeJS.Timeout {
  const pieces = Math.max(1, Math.ceil(ms / LONGEST_TIMEOUT_MS));
  let passed = 0;
  return setInterval(() => {
    passed = (passed + 1) % pieces;
    if (passed === 0) then();
  }, ms / pieces);
}
