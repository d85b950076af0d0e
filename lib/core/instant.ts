const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/;

/** Epoch milliseconds of an ISO 8601 text; UTC where it names no zone; undefined if unreadable. */
export function readInstant(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(WITHOUT_ZONE.test(value) ? `${value}Z` : value);
  return Number.isNaN(at) ? undefined : at;
}
