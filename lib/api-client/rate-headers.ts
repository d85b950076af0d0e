const SECOND = 1000;
const LONGEST_WAIT_MS = 300 * SECOND;
const DEFAULT_PAUSE_MS = 60 * SECOND;

/** What the headers of an answer say about the key's rate limit; undefined where they say nothing. */
export interface RateHeaders {
  /** Calls per window. */
  readonly limit?: number;
  /** Calls left in the window. */
  readonly remaining?: number;
  /** Milliseconds until the window is fresh; a hint only, since its unit is not documented. */
  readonly resetInMs?: number;
  /** Milliseconds that the service asks to wait, 1 to 300 s. */
  readonly retryAfterMs?: number;
}

/**
 * Times of day become durations here, as they arrive: by the answer's own date, since our clock may
 * be wrong.
 * @param ownTime epoch milliseconds by our clock, for an answer without a date
 */
export function readRateHeaders(headers: Headers, ownTime: number): RateHeaders {
  const now = readHttpDate(headers.get('date')) ?? ownTime;
  const limit = leadingInteger(headers.get('x-ratelimit-limit'));
  const remaining = leadingInteger(headers.get('x-ratelimit-remaining'));
  const resetInMs = readReset(headers.get('x-ratelimit-reset'), now);
  const retryAfterMs = readRetryAfter(headers.get('retry-after'), now);
  return {
    ...(limit !== undefined && limit > 0 && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(resetInMs !== undefined && { resetInMs }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/**
 * Milliseconds for which nothing may be sent with the key after a 429; 60 s where it names none
 * (docs/contract.md#armox-errors-and-rate-limits).
 */
export function pauseAfter429({ retryAfterMs, resetInMs }: RateHeaders): number {
  return retryAfterMs ?? resetInMs ?? DEFAULT_PAUSE_MS;
}

/** Some gateways append a policy, as in `60, 60;w=60`. */
function leadingInteger(value: string | null): number | undefined {
  const digits = /^\s*(\d{1,15})(?!\d|\.)/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The unit is documented by neither service (docs/contract.md#armox-open-points). */
function readReset(value: string | null, now: number): number | undefined {
  const number = Number(value?.trim() || Number.NaN);
  if (!Number.isFinite(number) || number < 0) return undefined;
  if (number >= 1e12) return clampWait(number - now);
  if (number >= 1e9) return clampWait(number * SECOND - now);
  return clampWait(number * SECOND);
}

function readRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return clampWait(Number(text) * SECOND);
  const date = readHttpDate(text);
  return date === undefined ? undefined : clampWait(date - now);
}

/** Epoch milliseconds. */
export function readHttpDate(text: string | null): number | undefined {
  const date = Date.parse(text ?? '');
  // Date.parse takes "-5" for a year: a date of HTTP has letters in it.
  return Number.isNaN(date) || !/[a-z]/i.test(text ?? '') ? undefined : date;
}

function clampWait(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), SECOND), LONGEST_WAIT_MS);
}
