import { isText, number, rule } from '../core/index.js';

const HOUR = 3_600_000;

/** When the poller polls, and for how long one replica is the one that does. */
export const POLL_RULES = {
  interval: number<number>({ unit: 'milliseconds', min: 1_000, max: 24 * HOUR, default: 10_000 }),
  cron: rule<string | undefined>('a cron expression', isText, undefined),
  timeZone: rule<string | undefined>(
    'an IANA time zone such as Europe/Berlin',
    isTimeZone,
    undefined,
  ),
  jitter: number<number>({ whole: false, min: 0, max: 1, default: 0.1 }),
  lease: number<number>({ unit: 'milliseconds', min: 1_000, max: HOUR, default: 30_000 }),
};

function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
