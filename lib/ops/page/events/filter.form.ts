import type { FilterView } from '../../api.types.js';
import { filterOf, FILTER_NAMES } from '../client/filter.query.js';

/** What a field shows for a condition; times as their fields have them, in UTC. */
export function fieldText(value: string | number | undefined): string {
  if (typeof value === 'number') return new Date(value).toISOString().slice(0, 19);
  return value ?? '';
}

/** The conditions that the fields say. */
export function filterFromFields(fields: FormData): FilterView {
  const query = new URLSearchParams();
  for (const name of FILTER_NAMES) {
    const text = fields.get(name);
    if (typeof text !== 'string' || text.trim() === '') continue;
    const isTime = name === 'receivedSince' || name === 'receivedBefore';
    query.set(name, isTime ? String(Date.parse(`${text}Z`)) : text.trim());
  }
  return filterOf(query);
}
