import { InboxFilterError } from '../core/index.js';
import type { EventFilter, ReplayFilter } from './stored.event.js';

const CONDITIONS: Readonly<Record<keyof EventFilter, true>> = {
  id: true,
  source: true,
  account: true,
  eventId: true,
  name: true,
  state: true,
};

/**
 * The filter's conditions. What is undefined is most likely a mistake (`{ id: request.params.di }`),
 * and without its condition every event there is would be handled again.
 * @throws InboxFilterError for a filter without conditions, with an unknown one, or one that is undefined
 */
export function replayConditions(filter: ReplayFilter): EventFilter {
  const given = Object.entries(filter ?? {});
  if (given.length === 1 && 'all' in filter && filter.all === true) return {};
  if (given.length === 0) throw refused('it has no condition');
  for (const [name, value] of given) {
    if (!Object.hasOwn(CONDITIONS, name)) {
      throw refused(`\`${name}\` is no condition (${Object.keys(CONDITIONS).join(', ')})`);
    }
    if (typeof value !== 'string') throw refused(`its \`${name}\` is ${typeof value}, and no text`);
  }
  return filter as EventFilter;
}

const refused = (problem: string): InboxFilterError =>
  new InboxFilterError(
    `Nothing is replayed, since the filter does not say which events: ${problem}. ` +
      'Give at least one condition, such as `{ id }` or `{ state: "dead" }`, or `{ all: true }` for every finished event.',
  );
