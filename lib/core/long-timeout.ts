/** What `setTimeout` and `setInterval` can hold, some 24.8 days; beyond it, they fire at once. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Runs `then` once, after `ms` milliseconds, however many they are. @returns how to call it off */
export function runAfter(ms: number, then: () => void): () => void {
  let timeout: NodeJS.Timeout;
  const wait = (left: number): void => {
    const piece = Math.min(left, LONGEST_TIMEOUT_MS);
    timeout = setTimeout(() => (left > piece ? wait(left - piece) : then()), piece);
  };
  wait(ms);
  return () => clearTimeout(timeout);
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
