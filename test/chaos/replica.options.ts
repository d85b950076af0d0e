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
}

/** What a replica tells the one who has started it. */
export type ReplicaMessage =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'crash'; readonly point: CrashPoint }
  | { readonly type: 'unhandled'; readonly error: string }
  | { readonly type: 'memory'; readonly rss: number };

export type ReplicaCommand =
  | { readonly type: 'crash'; readonly crash: Crash }
  | { readonly type: 'work'; readonly work: boolean }
  | { readonly type: 'memory' };
