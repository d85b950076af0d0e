import { InboxFilterError } from '../core/index.js';
import type { ChangeFilter, EventFilter } from './stored.event.js';

const CONDITIONS: Readonly<Record<keyof EventFilter, 'string' | 'number'>> = {
  id: 'string',
  source: 'string',
  account: 'string',
  eventId: 'string',
  name: 'string',
  state: 'string',
  reason: 'string',
  handler: 'string',
  error: 'string',
  fingerprint: 'string',
  text: 'string',
  receivedSince: 'number',
  receivedBefore: 'number',
};

/**
 * The filter's conditions. What is undefined is most likely a mistake (`{ id: request.params.di }`),
 * and without its condition every event there is would be changed.
 * @throws InboxFilterError for a filter without conditions, with an unknown one, or one that is undefined
 */
export function changeConditions(filter: ChangeFilter): EventFilter {
  const given = Object.entries(filter ?? {});
  if (given.length === 1 && 'all' in filter && filter.all === true) return {};
  if (given.length === 0) throw refused('it has no condition');
  for (const [name, value] of given) {
    const type = Object.hasOwn(CONDITIONS, name) && CONDITIONS[name as keyof EventFilter];
    if (!type) {
      throw refused(`\`${name}\` is no condition (${Object.keys(CONDITIONS).join(', ')})`);
    }
    if (typeof value !== type || Number.isNaN(value)) {
      const wanted = type === 'string' ? 'text' : 'time in epoch milliseconds';
      throw refused(`its \`${name}\` is ${typeof value}, and no ${wanted}`);
    }
  }
  return filter as EventFilter;
}

const refused = (problem: string): InboxFilterError =>
  new InboxFilterError(
    `Nothing is changed, since the filter does not say which events: ${problem}. ` +
      'Give at least one condition, such as `{ id }` or `{ state: "dead" }`, or `{ all: true }` for every event.',
  );
