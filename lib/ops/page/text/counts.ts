import type { CountView } from '../../api.types.js';

/** `1,234` */
export const number = (value: number): string => value.toLocaleString('en-US');

/** `1,234`, `10,000 or more` */
export const count = ({ count: value, more }: CountView): string =>
  more ? `${number(value)} or more` : number(value);

/** `1 event`, `1,234 events`, `10,000 or more events` */
export const events = (value: CountView): string =>
  `${count(value)} ${value.count === 1 && !value.more ? 'event' : 'events'}`;

export const exactly = (value: number): CountView => ({ count: value, more: false });

/** `0.2 %`, from a share of 1. */
export const percent = (share: number): string =>
  `${(share * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;

/** `1.2 kB` */
export const bytes = (value: number): string =>
  value < 1_000 ? `${value} bytes` : `${(value / 1_000).toFixed(1)} kB`;
