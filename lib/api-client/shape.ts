/** A JSON object whose fields have not been looked at. */
export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The objects of a list answer: an array under one of `keys`, under `data`, or bare. Undefined where
 * there is none; entries that are no objects are left out.
 */
export function readList(body: unknown, keys: readonly string[]): JsonRecord[] | undefined {
  if (Array.isArray(body)) return body.filter(isRecord);
  if (!isRecord(body)) return undefined;
  for (const key of [...keys, 'data']) {
    const list = body[key];
    if (Array.isArray(list)) return list.filter(isRecord);
  }
  return isRecord(body['data']) ? readList(body['data'], keys) : undefined;
}

/** The object of an answer that `fits`: bare, under one of `keys`, or under `data`. */
export function readObject(
  body: unknown,
  keys: readonly string[],
  fits: (candidate: JsonRecord) => boolean,
): JsonRecord | undefined {
  if (!isRecord(body)) return undefined;
  if (fits(body)) return body;
  return [...keys, 'data']
    .map((key) => body[key])
    .find((candidate): candidate is JsonRecord => isRecord(candidate) && fits(candidate));
}

/** A non-empty text, or a number as text: ids are opaque. */
export function readId(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return readText(value);
}

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'string' && value.trim() !== '') return readNumber(Number(value));
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** `limit` as both services take it: a whole number from 1 to 100. */
export function clampLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || Number.isNaN(limit)) return undefined;
  return Math.min(Math.max(Math.trunc(limit), 1), 100);
}
