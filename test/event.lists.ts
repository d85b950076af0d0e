import type { EventFilter, EventSummary, OperatorStore, StoredEvent } from '../lib/inbox/index.js';

type Listing = Pick<OperatorStore, 'list' | 'find'>;

/** Every event that fits, newest first, page by page. */
export async function summaries(
  store: Pick<Listing, 'list'>,
  filter: EventFilter = {},
): Promise<readonly EventSummary[]> {
  const found: EventSummary[] = [];
  for (let after: string | undefined; ;) {
    const { events, next } = await store.list(filter, { limit: 1_000, after });
    found.push(...events);
    if (next === undefined) return found;
    after = next;
  }
}

/** As `summaries`, each with its payload. */
export async function storedEvents(
  store: Listing,
  filter: EventFilter = {},
): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  for (const { id } of await summaries(store, filter)) {
    const event = await store.find({ id });
    if (event) found.push(event);
  }
  return found;
}

/** What is pending or runs. */
export async function unfinishedEvents(store: Listing): Promise<readonly StoredEvent[]> {
  const pending = await storedEvents(store, { state: 'open' });
  return [...pending, ...(await storedEvents(store, { state: 'running' }))];
}
