/** What every event does, and what it is promised; the subjects all do the same for one of these. */
export const FIGURES = {
  empty: 'empty handler',
  transaction: 'one UPDATE, exactly once, a transaction an event',
  grouped: 'one UPDATE, exactly once, many events a transaction',
  'at-least-once': 'one UPDATE, at least once',
} as const;

export type Figure = keyof typeof FIGURES;

/** Rows of the table that handlers write to; an event writes to the one of its number modulo this. */
export const EFFECT_ROWS = 1_000;

/** What a process of a subject is started with. */
export interface RaceOrder {
  readonly figure: Figure;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Number of the first event. */
  readonly from: number;
  readonly warmUp: number;
  readonly backlog: number;
  /** The subject's own; absent = its best, as the sweep found it. */
  readonly settings?: Readonly<Record<string, number>>;
}

/** What the process says of the measured backlog. */
export interface RaceResult {
  readonly ms: number;
  /** Microseconds of processor time of the process. */
  readonly cpu: number;
  /** Calls of the handler, where it writes nothing. */
  readonly calls: number;
}
