/** Upper bounds of what handler calls take, in milliseconds; the last one is without. */
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];
const PREFIX = 'ms-';

/** The series that a call of this duration is counted in. */
export function seriesOfTime(duration: number): string {
  const bound = BOUNDS.find((each) => duration <= each);
  return bound === undefined ? `${PREFIX}more` : `${PREFIX}${bound}`;
}

/**
 * Between which milliseconds this share of the calls ended, as a point between the bounds of its bucket.
 * @param counts by series
 * @param share 0.5 is the median
 * @returns undefined where there were no calls
 */
export function timeAt(counts: ReadonlyMap<string, number>, share: number): number | undefined {
  const buckets = BOUNDS.map((bound, at) => ({
    below: BOUNDS[at - 1] ?? 0,
    bound,
    count: counts.get(`${PREFIX}${bound}`) ?? 0,
  }));
  const longer = counts.get(`${PREFIX}more`) ?? 0;
  const all = buckets.reduce((sum, { count }) => sum + count, longer);
  if (all === 0) return undefined;
  let left = share * all;
  for (const { below, bound, count } of buckets) {
    if (left <= count && count > 0) return below + ((bound - below) * left) / count;
    left -= count;
  }
  return BOUNDS.at(-1);
}
