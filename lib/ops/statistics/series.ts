import type { MinuteSeries } from '../api.types.js';
import { TIME_BOUNDS } from './handler.times.js';

/** What charts show. */
export const CHARTED = [
  'received',
  'duplicate',
  'handled',
  'retried',
  'dead',
  'ignored',
  'refused',
] as const satisfies readonly MinuteSeries[];

/** Turns of the poller's feeds by their end, and the events that only they have found. */
const POLLER = ['polled', 'poll-failed', 'poll-paused', 'repaired'] as const;

/** All that is counted in a minute. */
export type Series = MinuteSeries | (typeof POLLER)[number] | `ms-${number}`;

/** The series of each bucket of handler times: `ms-5` has the calls of up to 5 ms. */
export const TIME_SERIES: readonly Series[] = TIME_BOUNDS.map((bound) => `ms-${bound}` as const);

export const SERIES: readonly Series[] = [...CHARTED, ...POLLER, ...TIME_SERIES];

/** Where each series is among `SERIES`. */
export const SERIES_PLACES: ReadonlyMap<string, number> = new Map(
  SERIES.map((series, place) => [series, place]),
);
