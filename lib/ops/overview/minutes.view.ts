import type { MinuteCount } from '../../inbox/index.js';
import type { MinuteSeries, MinutesView } from '../api.types.js';
import { timeQuantile } from '../statistics/handler.times.js';
import { MINUTE } from '../statistics/minute.memory.js';
import { CHARTED, TIME_SERIES, type Series } from '../statistics/series.js';

const MINUTES = 60;

/** When the first of the minutes that are shown began. */
export const firstMinute = (now: number): number =>
  Math.floor(now / MINUTE) * MINUTE - (MINUTES - 1) * MINUTE;

/** Counts as they are drawn: a number for each minute of the last hour, zeros too. */
export function minutesView(
  counts: readonly MinuteCount[],
  sources: readonly string[],
  now: number,
): MinutesView {
  const first = firstMinute(now);
  const minutes = Array.from({ length: MINUTES }, (_, at) => first + at * MINUTE);
  const services = sources.map((source) => {
    const series = Object.fromEntries(
      CHARTED.map((name) => [name, new Array<number>(MINUTES).fill(0)]),
    ) as Record<MinuteSeries, number[]>;
    for (const { minute, series: name, count } of counts.filter((one) => one.source === source)) {
      const numbers = series[name as MinuteSeries] as number[] | undefined;
      const at = (minute - first) / MINUTE;
      if (numbers?.[at] !== undefined) numbers[at] += count;
    }
    return { source, series };
  });
  return { minutes, services };
}

/** How many there were of some series of a source in minutes that began at this time or later. */
export const sumOf = (
  counts: readonly MinuteCount[],
  source: string,
  series: readonly Series[],
  since: number,
): number =>
  counts
    .filter((one) => one.source === source && one.minute >= since)
    .filter((one) => series.some((name) => name === one.series))
    .reduce((sum, { count }) => sum + count, 0);

/** Of handler calls; null where there were none. */
export function handlerTime(
  counts: readonly MinuteCount[],
  source: string,
): { readonly p50: number; readonly p95: number } | null {
  const calls = TIME_SERIES.map((series) => sumOf(counts, source, [series], 0));
  const p50 = timeQuantile(calls, 0.5);
  const p95 = timeQuantile(calls, 0.95);
  return p50 === undefined || p95 === undefined ? null : { p50, p95 };
}
