import type { MinuteSeries } from '../../api.types.js';

export type Series = Readonly<Record<MinuteSeries, readonly number[]>>;

/** What is counted per minute, in the order in which an event goes through it. */
export const SERIES: readonly {
  readonly name: MinuteSeries;
  readonly title: string;
  /** Whether it is about something that went wrong. */
  readonly isTrouble: boolean;
}[] = [
  { name: 'received', title: 'Received', isTrouble: false },
  { name: 'duplicate', title: 'Came again', isTrouble: false },
  { name: 'handled', title: 'Handled', isTrouble: false },
  { name: 'ignored', title: 'Ignored', isTrouble: false },
  { name: 'retried', title: 'Retried', isTrouble: true },
  { name: 'dead', title: 'Dead', isTrouble: true },
  { name: 'refused', title: 'Refused', isTrouble: true },
];
