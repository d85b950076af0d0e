import { EVENT_STATES, type EventCount, type MinuteCount } from '../../inbox/index.js';
import type { EventStateView, ServiceView } from '../api.types.js';
import { handlerTime } from './minutes.view.js';
import type { OverviewFacts, PollerFacts } from './overview.facts.js';

/** How a service does. */
export function serviceView(source: string, facts: OverviewFacts): ServiceView {
  const delivery = facts.deliveries.find((each) => each.source === source);
  return {
    source,
    counts: countsOf(source, facts.counts),
    oldestDue: facts.backlog.find((each) => each.source === source)?.oldest ?? null,
    handlerTime: handlerTime(facts.minutes, source),
    lastWebhookAge: delivery?.lastWebhookAge ?? null,
    usualGap: delivery?.usualGap ?? null,
    repairedShare: delivery?.repairedShare ?? null,
    nextPollAt: nextPollOf(source, facts.poller),
  };
}

/** What this process knows of it without the database: "0 or more" events of each state. */
export function serviceFromMemory(
  source: string,
  minutes: readonly MinuteCount[],
  poller: PollerFacts,
): ServiceView {
  const unknown = { count: 0, more: true };
  return {
    source,
    counts: Object.fromEntries(
      EVENT_STATES.map((state) => [state, unknown]),
    ) as ServiceView['counts'],
    oldestDue: null,
    handlerTime: handlerTime(minutes, source),
    lastWebhookAge: null,
    usualGap: null,
    repairedShare: null,
    nextPollAt: nextPollOf(source, poller),
  };
}

const nextPollOf = (source: string, { feeds, nextAt }: PollerFacts): number | null =>
  feeds.some((each) => each.source === source) ? nextAt : null;

function countsOf(source: string, counts: readonly EventCount[]): ServiceView['counts'] {
  const of = (state: EventStateView) => {
    const found = counts.find((each) => each.source === source && each.state === state);
    return { count: found?.count ?? 0, more: found?.more ?? false };
  };
  return Object.fromEntries(
    EVENT_STATES.map((state) => [state, of(state)]),
  ) as ServiceView['counts'];
}
