import type { FilterView } from '../../api.types.js';

export type FilterName = keyof FilterView;

const TIMES: readonly FilterName[] = ['receivedSince', 'receivedBefore'];

export const FILTER_NAMES: readonly FilterName[] = [
  'text',
  'state',
  'source',
  'account',
  'name',
  'reason',
  'handler',
  'fingerprint',
  ...TIMES,
];

/** The conditions in a URL; others of its parameters are left out. */
export function filterOf(query: URLSearchParams): FilterView {
  const filter: Record<string, string | number> = {};
  for (const name of FILTER_NAMES) {
    const value = query.get(name) ?? '';
    if (value === '') continue;
    if (!TIMES.includes(name)) filter[name] = value;
    else if (Number.isFinite(Number(value))) filter[name] = Number(value);
  }
  return filter;
}

/** As parameters of a URL, always in the same order. */
export function queryOf(filter: FilterView): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of FILTER_NAMES) {
    const value = filter[name];
    if (value !== undefined) query.set(name, String(value));
  }
  return query;
}
