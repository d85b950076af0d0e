import type { EventFilter } from './stored.event.js';

const WORDS: Readonly<Record<keyof EventFilter, string>> = {
  id: 'row',
  source: 'source',
  account: 'account',
  eventId: 'id',
  name: 'name',
  state: 'state',
  reason: 'reason',
  handler: 'failed handler',
  error: 'error',
  fingerprint: 'error fingerprint',
  text: 'text in id',
  receivedSince: 'received since',
  receivedBefore: 'received before',
};

/** The filter in words, for the audit: `events with state dead and name escrow.released`. */
export function filterText(filter: EventFilter): string {
  const conditions = Object.entries(filter).map(([name, value]) => {
    const isTime = typeof value === 'number';
    const text = isTime ? new Date(value).toISOString() : String(value);
    return `${WORDS[name as keyof EventFilter]} ${text}`;
  });
  if (conditions.length === 0) return 'all events';
  const last = conditions.pop() as string;
  return `events with ${conditions.length > 0 ? `${conditions.join(', ')} and ${last}` : last}`;
}
