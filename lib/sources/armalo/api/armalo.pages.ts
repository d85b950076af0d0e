import { clampLimit, isRecord, readId, readList, readNumber } from '../../../api-client/index.js';
import type { ApiCall, ApiTransport, JsonRecord, Query } from '../../../api-client/index.js';
import type { ArmaloList, ArmaloListOptions } from './armalo.api-types.js';

const MAX_PAGES = 10;

/** A list of the API and how to read one entry of it; entries that it reads as undefined are left out. */
export interface Listing<T extends { readonly id: string }> {
  readonly path: string;
  /** The plural keys under which the entries may be. */
  readonly keys: readonly string[];
  readonly query: Query;
  read(item: JsonRecord): T | undefined;
  readonly hints?: ApiCall['hints'];
}

/**
 * Reads a list, page by page. No document shows pages, so one is asked for only
 * where the answer hints at it, by cursor or by offset; what brings nothing new ends it
 * (docs/contract.md#armalo-open-points).
 */
export async function readPages<T extends { readonly id: string }>(
  transport: ApiTransport,
  listing: Listing<T>,
  { limit, maxPages = MAX_PAGES, ...options }: ArmaloListOptions,
): Promise<ArmaloList<T>> {
  const items = new Map<string, T>();
  const cursors = new Set<string>();
  let next: Query | undefined = {};
  let more = false;
  let date: number | undefined;
  for (let page = 0; next && page < Math.max(1, maxPages); page += 1) {
    const query: Query = { ...listing.query, limit: clampLimit(limit), ...next };
    const { path, hints } = listing;
    const answer = await transport.send({ method: 'GET', path, query, hints }, options);
    const entries = readList(answer.body, listing.keys);
    if (!entries) throw answer.unusable(`Its body holds no list of ${listing.keys[0]}.`);
    date = answer.date;
    const before = items.size;
    for (const item of entries.map((entry) => listing.read(entry))) {
      if (item) items.set(item.id, item);
    }
    const hint = hintsOf(answer.body);
    more = saysMore(hint, items.size);
    next = items.size > before ? nextPage(hint, items.size, cursors) : undefined;
  }
  return { items: [...items.values()], truncated: more || next !== undefined, date };
}

type Hints = (key: string) => unknown;

/** Some APIs put them beside the list, others one level down. */
function hintsOf(body: unknown): Hints {
  if (!isRecord(body)) return () => undefined;
  const inner = ['pagination', 'meta', 'data'].map((key) => body[key]).find(isRecord) ?? {};
  return (key) => body[key] ?? inner[key];
}

function saysMore(hint: Hints, seen: number): boolean {
  const total = readNumber(hint('total'));
  return hint('hasMore') === true || (total !== undefined && total > seen);
}

function nextPage(hint: Hints, seen: number, cursors: Set<string>): Query | undefined {
  if (hint('hasMore') === false) return undefined;
  const cursor = readId(hint('nextCursor') ?? hint('cursor'));
  if (cursor === undefined) return saysMore(hint, seen) ? { offset: seen } : undefined;
  if (cursors.has(cursor)) return undefined;
  cursors.add(cursor);
  return { cursor };
}
