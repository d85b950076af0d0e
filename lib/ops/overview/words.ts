/** `12`, `10,000 or more`. */
export const number = (of: number, more = false): string =>
  `${of.toLocaleString('en-US')}${more ? ' or more' : ''}`;

/** `1 event is`, `12 events are`, `10,000 or more events are`. */
export const count = (of: number, what: string, more = false): string =>
  of === 1 && !more ? `1 ${what} is` : `${number(of, more)} ${what}s are`;

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `3 minutes`; of two units the larger one is enough. */
export function duration(ms: number): string {
  for (const [name, length] of UNITS) {
    const whole = Math.floor(ms / length);
    if (whole >= 1) return `${whole} ${name}${whole === 1 ? '' : 's'}`;
  }
  return 'less than a second';
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
