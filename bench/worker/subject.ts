import type { DatabaseKind } from '../../test/databases.js';
import type { Figure } from './figures.js';
import type { Settings } from './settings.js';

/** What a subject of the race is told. */
export interface Order {
  readonly kind: DatabaseKind['name'];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly figure: Figure;
  /** Events that there are to work off. */
  readonly backlog: number;
  /** So many of them come before the clock runs. */
  readonly warmUp: number;
  /** Rows that are there already and done. */
  readonly done: number;
  readonly settings: Settings;
}

/** One that works off a backlog, in a process of its own: see `serveSubject`. */
export interface Subject {
  /** Makes its tables, the rows that are done, and the backlog. Nothing is worked off yet. */
  prepare(order: Order): Promise<void>;
  start(order: Order, watch: Watch): Promise<StartedSubject>;
}

/** What a subject tells while it runs. */
export interface Watch {
  /** A handler was called. */
  readonly called: () => void;
}

export interface StartedSubject {
  /** Whether the database still lacks the end of an event whose handler was called; asked when all were. */
  unfinished(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface RunResult {
  readonly perSecond: number;
  /** Microseconds of the subject's process for one event. */
  readonly cpu: number;
  /** Microseconds of the database servers for one event; undefined where they are not on this machine. */
  readonly databaseCpu: number | undefined;
  readonly others: number | undefined;
}

export type SubjectMessage =
  | { readonly step: 'prepare'; readonly order: Order }
  | { readonly step: 'run'; readonly order: Order };
