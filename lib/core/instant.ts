const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/;
const DIGITS = /^\d{9,}(\.\d+)?$/;

/** A number this large counts seconds from September 2001 on, … */
const FIRST_SECOND = 1e9;
/** … from here on milliseconds, and from the year 5138 on nothing that anybody means. */
const FIRST_MILLISECOND = 1e11;
const LAST_MILLISECOND = 1e14;

/**
 * Epoch milliseconds of an ISO 8601 text (UTC where it names no zone) or of an epoch number, in seconds or
 * milliseconds by its size; undefined if unreadable.
 */
export function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number') return readEpoch(value);
  if (typeof value !== 'string') return undefined;
  if (DIGITS.test(value)) return readEpoch(Number(value));
  const at = Date.parse(WITHOUT_ZONE.test(value) ? `${value}Z` : value);
  return Number.isNaN(at) ? undefined : at;
}

function readEpoch(value: number): number | undefined {
  if (!(value >= FIRST_SECOND && value < LAST_MILLISECOND)) return undefined;
  return Math.round(value < FIRST_MILLISECOND ? value * 1_000 : value);
}
