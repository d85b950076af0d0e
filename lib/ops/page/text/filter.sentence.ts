import type { FilterView } from '../../api.types.js';
import { FILTER_NAMES, type FilterName } from '../client/filter.query.js';
import { instant } from './durations.js';
import { reasonName, STATE_NAMES } from './states.js';

export const FILTER_LABELS: Readonly<Record<FilterName, string>> = {
  text: 'id contains',
  state: 'state',
  source: 'service',
  account: 'account',
  name: 'event',
  reason: 'reason',
  handler: 'failed handler',
  fingerprint: 'error fingerprint',
  receivedSince: 'received since',
  receivedBefore: 'received before',
};

/** `state dead, service armox`; for a filter without conditions `no condition`. */
export function filterSentence(filter: FilterView): string {
  const parts = FILTER_NAMES.flatMap((name) => {
    const value = filter[name];
    return value === undefined ? [] : [`${FILTER_LABELS[name]} ${valueText(name, value)}`];
  });
  return parts.length === 0 ? 'no condition' : parts.join(', ');
}

function valueText(name: FilterName, value: string | number): string {
  if (typeof value === 'number') return instant(value);
  if (name === 'reason') return reasonName(value);
  if (name !== 'state') return value;
  return (STATE_NAMES as Readonly<Record<string, string>>)[value]?.toLowerCase() ?? value;
}
