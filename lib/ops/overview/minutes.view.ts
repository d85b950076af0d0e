import type { MinuteCount } from '../../inbox/index.js';
import type { MinuteSeries, MinutesView } from '../api.types.js';
import { MINUTE_MS } from '../statistics/minute.counter.js';
import { timeAt } from '../statistics/handler.times.js';

const SERIES: readonly MinuteSeries[] = [
  'received',
  'duplicate',
  'handled',
  'retried',
  'dead',
  'ignored',
  'refused',
];
const MINUTES = 60;

/** When the first of the minutes that are shown began. */
export const firstMinute = (now: number): number =>
  Math.floor(now / MINUTE_MS) * MINUTE_MS - (MINUTES - 1) * MINUTE_MS;

/** Counts as they are drawn: a number for each minute of the last hour, zeros too. */
export function minutesView(
  counts: readonly MinuteCount[],
  sources: readonly string[],
  now: number,
): MinutesView {
  const first = firstMinute(now);
  const minutes = Array.from({ length: MINUTES }, (_, at) => first + at * MINUTE_MS);
  const services = sources.map((source) => {
    const series = Object.fromEntries(
      SERIES.map((name) => [name, new Array<number>(MINUTES).fill(0)]),
    ) as Record<MinuteSeries, number[]>;
    for (const { minute, series: name, count } of counts.filter((one) => one.source === source)) {
      const numbers = series[name as MinuteSeries] as number[] | undefined;
      const at = (minute - first) / MINUTE_MS;
      if (numbers?.[at] !== undefined) numbers[at] += count;
    }
    return { source, series };
  });
  return { minutes, services };
}

/** How many there were of a series since a time. */
export const sumOf = (
  counts: readonly MinuteCount[],
  source: string,
  series: MinuteSeries,
  since: number,
): number =>
  counts
    .filter((one) => one.source === source && one.series === series && one.minute >= since)
    .reduce((sum, { count }) => sum + count, 0);

/** Of handler calls; null where there were none. */
export function handlerTime(
  counts: readonly MinuteCount[],
  source: string,
): { readonly p50: number; readonly p95: number } | null {
  const bySeries = new Map<string, number>();
  for (const one of counts) {
    if (one.source !== source) continue;
    bySeries.set(one.series, (bySeries.get(one.series) ?? 0) + one.count);
  }
  const p50 = timeAt(bySeries, 0.5);
  const p95 = timeAt(bySeries, 0.95);
  return p50 === undefined || p95 === undefined ? null : { p50, p95 };
}
