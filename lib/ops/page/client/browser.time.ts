/** The page's own door to the browser's time. */
export const browserTime = {
  /** Milliseconds since 1970, by this machine's clock. */
  now: (): number => Date.now(),

  /** Resolves after `ms`, and at once where `signal` is aborted. */
  sleep: (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timeout = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => (clearTimeout(timeout), resolve()), { once: true });
    }),

  /** @returns how to call it off */
  every: (ms: number, then: () => void): (() => void) => {
    const interval = setInterval(then, ms);
    return () => clearInterval(interval);
  },
};
