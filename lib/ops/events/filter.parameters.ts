import { EVENT_STATES, type EventFilter } from '../../inbox/index.js';
import type { FilterView } from '../api.types.js';
import { badRequest } from '../http/ops.problem.js';

const TEXTS = [
  'source',
  'account',
  'name',
  'state',
  'reason',
  'handler',
  'fingerprint',
  'text',
] as const satisfies readonly (keyof FilterView)[];
const TIMES = ['receivedSince', 'receivedBefore'] as const satisfies readonly (keyof FilterView)[];
/** Of the URLs that take a filter. */
export const FILTER_PARAMETERS: readonly string[] = [...TEXTS, ...TIMES];

/**
 * The filter that a URL's parameters say; empty ones say nothing.
 * @throws OpsProblem 400
 */
export function filterFromQuery(query: URLSearchParams): EventFilter {
  const given = [...TEXTS, ...TIMES].map((name) => [name, query.get(name) ?? ''] as const);
  return filterFrom(Object.fromEntries(given.filter(([, value]) => value !== '')));
}

/**
 * The filter of a request's body.
 * @throws OpsProblem 400 for what is no filter, or has an unknown condition: it would be about more events than was meant
 */
export function filterFromBody(value: unknown): EventFilter {
  if (typeof value !== 'object' || value === null) throw badRequest('`filter` is no object.');
  const unknown = Object.keys(value).find((name) => !FILTER_PARAMETERS.includes(name));
  if (unknown !== undefined) throw badRequest(`\`filter.${unknown}\` is no condition.`);
  return filterFrom(value as Record<string, unknown>);
}

function filterFrom(given: Readonly<Record<string, unknown>>): EventFilter {
  const filter: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const isTime = TIMES.some((time) => time === name);
    filter[name] = isTime ? timeFrom(name, value) : textFrom(name, value);
  }
  if (filter['state'] !== undefined && !EVENT_STATES.some((state) => state === filter['state'])) {
    throw badRequest('`state` is none that events have.', `One of ${EVENT_STATES.join(', ')}.`);
  }
  return filter;
}

function textFrom(name: string, value: unknown): string {
  if (typeof value === 'string' && value.length <= 1_000) return value;
  throw badRequest(`\`${name}\` must be a text of at most 1,000 characters.`);
}

function timeFrom(name: string, value: unknown): number {
  const time = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  throw badRequest(`\`${name}\` must be a time in epoch milliseconds.`);
}
