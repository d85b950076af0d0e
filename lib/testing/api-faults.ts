import type { Random } from '../core/index.js';

/** How API calls are mistreated; shares are 0 to 1 and add up to 1 at most. Default: none. */
export interface ApiFaults {
  /** 429 before the call does anything; does not count as a violation of the limit. */
  readonly tooManyRequests?: number;
  /** 500 with the service's JSON error, before the call does anything. */
  readonly serverError?: number;
  /** 502 with a gateway's HTML page. */
  readonly htmlPage?: number;
  /** The connection is cut before the call does anything. */
  readonly cut?: number;
  /** The call is done, then the connection is cut: its outcome is unknown to the caller. */
  readonly cutAnswer?: number;
  /** 200 with JSON of another shape. */
  readonly wrongJson?: number;
  /** 200 with half a JSON text. */
  readonly brokenJson?: number;
  /** 302 to the same address, for ever. */
  readonly endlessRedirect?: number;
  /** Seconds in `Retry-After` of `tooManyRequests`. Default 60; null sends no such header. */
  readonly retryAfter?: number | null;
  /** The calls that are mistreated, e.g. `GET /jobs/:id`. Default: all. */
  readonly only?: (route: string) => boolean;
}

const KINDS = [
  'tooManyRequests',
  'serverError',
  'htmlPage',
  'cut',
  'cutAnswer',
  'wrongJson',
  'brokenJson',
  'endlessRedirect',
] as const;

export type ApiFaultKind = (typeof KINDS)[number];

export function drawApiFault(
  faults: ApiFaults,
  route: string,
  random: Random,
): ApiFaultKind | undefined {
  if (faults.only && !faults.only(route)) return undefined;
  let lot = random();
  for (const kind of KINDS) {
    lot -= faults[kind] ?? 0;
    if (lot < 0) return kind;
  }
  return undefined;
}
