import type { ReadOptions } from '../core/index.js';
import type { Backlog } from '../inbox/index.js';
import type { FeedStatus, ServiceDelivery } from '../reconcile/index.js';
import type { HEALTH_RULES } from './health.thresholds.js';

export interface HealthFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly backlog: readonly Backlog[];
  /** Events that died in the last hour, by source. */
  readonly died: ReadonlyMap<string, number>;
  readonly deliveries: readonly ServiceDelivery[];
  readonly feeds: readonly FeedStatus[];
}

type Thresholds = ReadOptions<typeof HEALTH_RULES>;

/** Webhooks that come every few seconds are not missed at once. */
const SHORTEST_SILENCE_MS = 600_000;

/** A sentence for each thing that is beyond its threshold, and what to do about it. */
export function problemsOf(facts: HealthFacts, thresholds: Thresholds): readonly string[] {
  const { backlogAge, deadPerHour, silence, repairedShare, pollAge } = thresholds;
  const beyond = (value: number | null | undefined, threshold: number | null): boolean =>
    value != null && threshold !== null && value > threshold;
  const old = facts.backlog.filter(({ oldest }) => beyond(oldest, backlogAge));
  const dying = [...facts.died].filter(([, count]) => deadPerHour !== null && count >= deadPerHour);
  const silent = facts.deliveries.filter(
    (each) => beyond(each.silence, silence) && (each.lastWebhookAge ?? 0) > SHORTEST_SILENCE_MS,
  );
  const lossy = facts.deliveries.filter((each) => beyond(each.repairedShare, repairedShare));
  const late = facts.feeds.filter(
    ({ at, elsewhere }) => !elsewhere && at !== undefined && beyond(facts.now - at, pollAge),
  );
  return [
    ...old.map(
      ({ source, oldest }) =>
        `Events of ${source} have been due for ${seconds(oldest)} s: add a replica, or look for a handler that hangs.`,
    ),
    ...dying.map(
      ([source, count]) =>
        `${count} events of ${source} died in the last hour: see their errors, and replay them when it is mended.`,
    ),
    ...silent.map(
      ({ source, lastWebhookAge }) =>
        `No webhook of ${source} came for ${seconds(lastWebhookAge ?? 0)} s: see whether it is still registered.`,
    ),
    ...lossy.map(
      ({ source, repairedShare: share }) =>
        `Only the poller found ${Math.round((share ?? 0) * 100)} % of the latest events of ${source}: webhooks are lost or late.`,
    ),
    ...late.map(({ feed }) => `The poller has not asked ${feed} for long: see the log.`),
  ];
}

const seconds = (ms: number): number => Math.round(ms / 1_000);
