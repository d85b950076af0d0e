import { number, type RulesOf } from '../core/index.js';

/** From where on the inbox is `degraded`. Times are milliseconds; null = never for that. */
export interface HealthThresholds {
  /** The store is `down` when it does not answer within this time. Default 3,000. */
  readonly timeout?: number;
  /** Since the oldest event that is due became so. Default 300,000: five minutes. */
  readonly backlogAge?: number | null;
  /** Events that died in the last hour. Default 10. */
  readonly deadPerHour?: number | null;
  /** Without a webhook, as a multiple of the usual gap between two, and ten minutes at least. Default 20. */
  readonly silence?: number | null;
  /** Share of the latest events that only the poller found, 0 to 1. Default 0.05. */
  readonly repairedShare?: number | null;
  /** Since a feed had its turn, where this process polls. Default 600,000: ten minutes. */
  readonly pollAge?: number | null;
}

const DAY = 86_400_000;

/** What may be written for each, and what stands for it where nothing is. */
export const HEALTH_RULES = {
  timeout: number({ unit: 'milliseconds', min: 100, max: 60_000, default: 3_000 }),
  backlogAge: orNull({ unit: 'milliseconds', min: 1_000, max: 30 * DAY, default: 300_000 }),
  deadPerHour: orNull({ unit: 'events', min: 1, max: 10_000, default: 10 }),
  silence: orNull({ min: 2, max: 10_000, default: 20 }),
  repairedShare: orNull({ min: 0, max: 1, whole: false, default: 0.05 }),
  pollAge: orNull({ unit: 'milliseconds', min: 10_000, max: 30 * DAY, default: 600_000 }),
} satisfies RulesOf<HealthThresholds>;

function orNull(bounds: Omit<Parameters<typeof number>[0], 'default'> & { default: number }) {
  return number<number | null>({ ...bounds, orNull: true });
}
