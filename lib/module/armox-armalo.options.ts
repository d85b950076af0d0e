import type { EventFeed } from '../core/index.js';
import type { RetentionPeriods } from '../inbox/index.js';
import type { HandlerRetryPolicy } from '../handlers/index.js';
import type { ReconcileScheduleOptions } from '../reconcile/index.js';
import type { ArmaloEventName, AnyArmaloEvent } from '../sources/armalo/index.js';
import type { ArmoxEventName, AnyArmoxEvent } from '../sources/armox/index.js';

/** A secret with the account that it belongs to, however the path of a delivery spells it. */
export interface SecretOfAccount {
  /** Under which events are stored: 1 to 191 characters, or `''` where there is one account only. */
  readonly account: string;
  readonly secret: string | readonly string[];
}

/**
 * What a function of the account may answer. A bare secret must belong to this account alone, since
 * the path is not signed: where one secret serves several paths, answer with the account too.
 * `undefined` or `[]`: the account is not known, 401.
 */
export type SecretAnswer = string | readonly string[] | SecretOfAccount | undefined;

/**
 * The secret that signs the deliveries: one, several (each is tried, for rotation), or a function of
 * the account in the path `/webhooks/<service>/:account` (`''` without one), which has 5 seconds to
 * answer. Only with a function is there such a path. At boot it is asked for two accounts that nobody
 * has; the same secret for both stops the application. Nothing is trimmed: the whole string is the key.
 */
export type WebhookSecret =
  string | readonly string[] | ((account: string) => SecretAnswer | Promise<SecretAnswer>);

interface ServiceOptions<EventName extends string, Event> {
  /** Leave it out to use the API without webhooks: every delivery is answered 401. */
  readonly webhookSecret?: WebhookSecret | undefined;
  /** Key of the service's API; without one its client cannot be used. */
  readonly apiKey?: string | undefined;
  /** Base URL of the API, ending in `/api/v1`. Default: the service's own. */
  readonly baseUrl?: string | undefined;
  /** Largest body in bytes, before and after its Content-Encoding is undone. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Event names that you expect; the ones without a handler are logged at boot. */
  readonly events?: readonly EventName[];
  /**
   * Ordering key: events with the same one are handled one at a time, in order of arrival.
   * `undefined` = unordered. Default: Armox's by job, Armalo's unordered. An answer that cannot be used is
   * warned of, and counts as `undefined`.
   */
  readonly orderingKey?: (event: Event) => string | number | undefined;
  /**
   * Replaces what makes two deliveries the same event. Default: see the README's events table. An answer
   * that cannot be used is warned of, and the default stands.
   */
  readonly identify?: (event: Event) => string | number;
}

export interface ArmoxOptions extends ServiceOptions<ArmoxEventName, AnyArmoxEvent> {
  /**
   * Let the poller look after jobs that Armox lists and `ArmoxJobs` has not started. Default false: the
   * list is the whole account's, of other applications too.
   */
  readonly adoptJobs?: boolean;
  /**
   * `'skip'`: an event of a job that is older than what is stored of the job (`job.processing` after
   * `job.completed`) runs no handler and ends `ignored`, reason `stale`; a job's events run one at a time.
   * `'run'`: every event runs its handlers, unordered. Default `'skip'`.
   */
  readonly stale?: 'skip' | 'run';
}

export interface ArmaloOptions extends ServiceOptions<ArmaloEventName, AnyArmaloEvent> {
  /** Ids of agents whose scores and evaluations the poller looks at; more by `ArmaloWatch.watch`. */
  readonly watch?: readonly string[];
}

/** The poller, which finds what the webhooks have not brought. It needs `apiKey`. */
export interface ReconcileOptions extends ReconcileScheduleOptions {
  /** Milliseconds after which another replica takes over from one that has died. Default 30,000. */
  readonly lease?: number | undefined;
  /** Further feeds of your own. */
  readonly feeds?: readonly EventFeed[] | undefined;
}

export interface WorkerOptions {
  /** Events that run at once in this process. Default 50. */
  readonly concurrency?: number;
  /**
   * Transactional handlers that run at once, each holding a connection of your pool. Default: two less
   * than the pool has, so that your own queries find one; 1 on SQLite.
   */
  readonly transactions?: number;
  /** Milliseconds that a claim lasts before another replica may take the event over. Default 30,000. */
  readonly lease?: number;
  /** Milliseconds between looks at the database when nothing wakes the worker. Default 1,000. */
  readonly pollInterval?: number;
  /** Milliseconds that running handlers are given at shutdown. Default 15,000. */
  readonly shutdownTimeout?: number;
  /**
   * DeadEventListeners of the process while it ran one event and nothing beside it, until that event is dead. A
   * death among others counts as an attempt only. Default 3.
   */
  readonly maxStalledCount?: number;
  /** Default: 5 s × 3ⁿ up to 6 h, ± 15 %, 20 attempts: about 70 hours. */
  readonly retry?: Partial<HandlerRetryPolicy>;
  /** How long rows are kept, in milliseconds. Default: payload 14 days, row 180 days, dead ones for ever. */
  readonly retention?: Partial<RetentionPeriods>;
}

/** What may come from `useFactory`, `useClass` or `useExisting`. At least one service is required. */
export interface ArmoxArmaloOptions {
  readonly armox?: ArmoxOptions | undefined;
  readonly armalo?: ArmaloOptions | undefined;
  /**
   * Whether the module creates and updates its tables at boot. Default: as your DataSource does
   * (`migrationsRun` or `synchronize`). `false`: add `inboxMigrations()` to your own migrations.
   */
  readonly migrationsRun?: boolean;
  /** Prefix of the module's tables. Default `armox_armalo`. */
  readonly tablePrefix?: string;
  /** Connections of the module's own pool. Default 3. */
  readonly poolSize?: number;
  /** Milliseconds within which an event is committed, or answered 503. Default 5,000. */
  readonly ingestTimeout?: number;
  /**
   * Where the services reach this application, e.g. `https://app.example.com`; the path of the route is
   * added. A function where it is known only after `listen`. `ArmoxJobs` gives it to Armox with every
   * run; without it, ends of jobs are found by the poller alone.
   */
  readonly publicUrl?: string | (() => string | undefined) | undefined;
  /** `false`: this process does not poll. Default: every 10 s, on one replica at a time. */
  readonly reconcile?: ReconcileOptions | false;
  /** `false`: this process receives only, and handles nothing. */
  readonly worker?: WorkerOptions | false;
}

/** What must be known before the other options are, since routes and injection tokens follow from it. */
export interface ArmoxArmaloStaticOptions {
  /** Make the exported providers visible everywhere. Default false. */
  readonly isGlobal?: boolean;
  /** Name of the TypeORM DataSource to use. Default: the default one. */
  readonly dataSource?: string | undefined;
  /** First part of the built-in routes, `<path>/armox` and `<path>/armalo`. Default `webhooks`. */
  readonly path?: string;
  /** Whether there are built-in routes. `false` where you write a controller of your own. Default true. */
  readonly controller?: boolean;
  /** Put on the built-in controller, e.g. `[Public(), SkipThrottle()]`, for your global guards. */
  readonly decorators?: readonly (ClassDecorator | MethodDecorator)[];
}
