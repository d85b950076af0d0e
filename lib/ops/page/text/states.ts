import type { EventRowView, EventStateView } from '../../api.types.js';

/** Those that want somebody's eyes first. */
export const STATES: readonly EventStateView[] = [
  'dead',
  'open',
  'waiting',
  'running',
  'done',
  'ignored',
];

export const STATE_NAMES: Readonly<Record<EventStateView, string>> = {
  dead: 'Dead',
  open: 'Pending',
  waiting: 'Waiting',
  running: 'Running',
  done: 'Done',
  ignored: 'Ignored',
};

export const REASONS: Readonly<Record<string, string>> = {
  'invalid-payload': 'payload is invalid',
  rejected: 'rejected by a handler',
  'attempts-used-up': 'attempts used up',
  'killed-process': 'killed the process',
  'no-handler': 'no handler',
  stale: 'a newer one was applied',
  discarded: 'discarded',
  reconciled: 'known already',
};

export const reasonName = (reason: string): string => REASONS[reason] ?? reason;

type Acted = Pick<EventRowView, 'state' | 'dueAt'>;

/** Why an event cannot be replayed; undefined where it can. */
export const whyNoReplay = ({ state }: Acted): string | undefined =>
  ['done', 'ignored', 'dead'].includes(state)
    ? undefined
    : 'It is not finished, so it runs by itself.';

export const whyNoDiscard = ({ state }: Acted): string | undefined =>
  ['open', 'waiting', 'dead'].includes(state)
    ? undefined
    : `It is ${STATE_NAMES[state].toLowerCase()}, so there is nothing to give up.`;

export const whyNoRetry = ({ state, dueAt }: Acted, now: number): string | undefined =>
  state === 'open' && dueAt > now ? undefined : 'It waits for no later attempt.';
