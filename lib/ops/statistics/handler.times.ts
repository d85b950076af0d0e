/** Milliseconds up to which a call of a handler is counted in each bucket. */
export const TIME_BOUNDS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
] as const;

/** The bucket of a duration; what is longer than the last bound is in the last one. */
export function timeBucket(ms: number): number {
  let bucket = 0;
  const last = TIME_BOUNDS.length - 1;
  while (bucket < last && ms > (TIME_BOUNDS[bucket] as number)) bucket += 1;
  return bucket;
}

/**
 * The duration below which a share of the calls was, in milliseconds: as if those of a bucket were spread
 * evenly over it. Undefined without calls.
 * @param counts by bucket
 * @param share 0 to 1
 */
export function timeQuantile(counts: readonly number[], share: number): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= all * share) {
      const from = TIME_BOUNDS[bucket - 1] ?? 0;
      const to = TIME_BOUNDS[bucket] as number;
      return from + ((all * share - below) / count) * (to - from);
    }
    below += count;
  }
  return TIME_BOUNDS.at(-1);
}
