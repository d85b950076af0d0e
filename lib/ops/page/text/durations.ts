const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `340 ms`, `1.2 s`, `4 min`, `3 h 12 min`, `5 days`: what a person would say, from milliseconds. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1).replace(/\.0$/, '')} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return withRest(ms, HOUR, 'h', MINUTE, 'min');
  if (ms < 2 * DAY) return withRest(ms, DAY, 'day', HOUR, 'h');
  return `${Math.floor(ms / DAY)} days`;
}

function withRest(ms: number, unit: number, name: string, part: number, partName: string): string {
  const rest = Math.floor((ms % unit) / part);
  return `${Math.floor(ms / unit)} ${name}${rest === 0 ? '' : ` ${rest} ${partName}`}`;
}

/** `4 min ago`, `in 40 s`, `now`; whole seconds, since it moves while one reads. */
export function fromNow(at: number, now: number): string {
  const whole = Math.floor(Math.abs(now - at) / SECOND) * SECOND;
  if (whole === 0) return 'now';
  const text = whole < 10 * SECOND ? `${whole / SECOND} s` : duration(whole);
  return at < now ? `${text} ago` : `in ${text}`;
}

/** `2026-11-28 13:04:22 UTC`; UTC as in logs, and the same for everybody who looks. */
export const instant = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** `13:04` */
export const minuteOfDay = (at: number): string => new Date(at).toISOString().slice(11, 16);
