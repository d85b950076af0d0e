import type { WorkerOptions } from 'nestjs-armox-armalo';

/** Where a replica stops, as seen from the event that it runs. */
export type CrashPoint =
  | 'before-insert'
  | 'after-insert'
  | 'after-claim'
  | 'before-handler'
  | 'after-handler'
  | 'before-commit'
  | 'after-commit'
  | 'before-failure'
  | 'before-settle'
  | 'after-settle';

/** `stop`: SIGSTOP, to be ended by the one who started the process. */
export type CrashAction = 'throw' | 'stop' | 'kill';

export interface Crash {
  readonly point: CrashPoint;
  readonly action: CrashAction;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly kind: 'postgres' | 'mariadb' | 'sqlite';
  /** As `TestDatabase.url`; of a proxy where there is one in between. */
  readonly url: string;
  readonly worker?: WorkerOptions | false;
  readonly ingestTimeout?: number;
  /** Connections of the application's own pool. */
  readonly appPool?: number;
  /** Milliseconds by which this process' clock is wrong. */
  readonly clockShift?: number;
  /** Claims nothing until it is told to work. */
  readonly idle?: boolean;
  /** Milliseconds that handlers take. */
  readonly handlerTime?: number;
  /** The release before the one that has `NEW_HANDLERS`. */
  readonly old?: boolean;
}

/** What a replica tells the one who has started it. */
export type ReplicaMessage =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'crash'; readonly point: CrashPoint }
  | { readonly type: 'unhandled'; readonly error: string }
  | { readonly type: 'memory'; readonly rss: number }
  /** The command before this one is carried out. */
  | { readonly type: 'obeyed' };

export type ReplicaCommand =
  | { readonly type: 'crash'; readonly crash: Crash }
  | { readonly type: 'work' }
  | { readonly type: 'rest' }
  /** Takes every connection of the application's pool, or lets them go. */
  | { readonly type: 'hold-pool'; readonly hold: boolean }
  /** On SQLite: its file may not grow by a page, or may again. */
  | { readonly type: 'fill-disk'; readonly full: boolean }
  | { readonly type: 'memory' };
