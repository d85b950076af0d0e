import type { EventFeed } from '../core/index.js';
import type { RetentionPeriods } from '../inbox/index.js';
import type { HandlerRetryPolicy } from '../handlers/index.js';
import type { ReconcileScheduleOptions } from '../reconcile/index.js';
import type { OpsOptions } from '../ops/index.js';
import type { SourceDefinition } from '../source-definition/index.js';
import type { ArmaloOptions } from '../sources/armalo/index.js';
import type { ArmoxOptions } from '../sources/armox/index.js';

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
   * Deaths of the process while it ran one event and nothing beside it, until that event is dead. A
   * death among others counts as an attempt only. Default 3.
   */
  readonly maxStalledCount?: number;
  /** Default: 5 s × 3ⁿ up to 6 h, ± 15 %, 20 attempts: about 70 hours. */
  readonly retry?: Partial<HandlerRetryPolicy>;
  /** How long rows are kept, in milliseconds. Default: payload 14 days, row 180 days, dead ones for ever. */
  readonly retention?: Partial<RetentionPeriods>;
}

/** What may come from `useFactory`, `useClass` or `useExisting`. At least one source is required. */
export interface ArmoxArmaloOptions extends ModuleOptions {
  readonly armox?: ArmoxOptions | undefined;
  readonly armalo?: ArmaloOptions | undefined;
}

/** The options that are about no single source. */
export interface ModuleOptions {
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
   * Release of your application, such as a version or a commit: kept with each event and attempt, so that the
   * operations page tells what ran it. At most 64 characters. Default: `version` of its package.json.
   */
  readonly release?: string | undefined;
  /**
   * Where the services reach this application, e.g. `https://app.example.com`; the path of the route is
   * added. A function where it is known only after `listen`. `ArmoxJobs` gives it to Armox with every
   * run; without it, ends of jobs are found by the poller alone.
   */
  readonly publicUrl?: string | (() => string | undefined) | undefined;
  /** `false`: this process does not poll. Default: every 10 s, on one replica at a time. */
  readonly reconcile?: ReconcileOptions | false;
  /** The operations page and its API. Default: none. */
  readonly ops?: OpsOptions | undefined;
  /** `false`: this process receives only, and handles nothing. */
  readonly worker?: WorkerOptions | false;
}

/** What must be known before the other options are, since routes and injection tokens follow from it. */
export interface ArmoxArmaloStaticOptions {
  /** Further services whose webhooks are received: see `nestjs-armox-armalo/source`. Default none. */
  readonly sources?: readonly SourceDefinition[];
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
