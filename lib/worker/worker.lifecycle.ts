import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import {
  systemClock,
  systemRandom,
  systemTimers,
  type Clock,
  type Random,
  type Timers,
  type Tracing,
  type WebhookSource,
} from '../core/index.js';
import type { HandlerRegistry } from '../handlers/index.js';
import type { LeaderLock, MaintenanceStore, ReplicaStore, WorkStore } from '../inbox/index.js';
import { errorHeadline } from './dispatch/error-text.js';
import { eventDispatch } from './dispatch/event.dispatch.js';
import { Execution } from './execution/execution.js';
import { transactionalEvents } from './in-process/transactional.events.js';
import { WorkerLoop } from './in-process/worker.loop.js';
import { Maintenance } from './maintenance/maintenance.js';
import type { WorkerSettings } from './worker.settings.js';

export interface WorkerLifecycleDependencies {
  readonly store: WorkStore & MaintenanceStore & ReplicaStore & LeaderLock;
  readonly sources: readonly WebhookSource[];
  readonly handlers: HandlerRegistry;
  readonly settings: WorkerSettings;
  readonly tracing?: Tracing | undefined;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly clock?: Clock;
  readonly logger?: LoggerService;
}

/** A process manager asks with these; `enableShutdownHooks` listens for them. */
const ENDING_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** main.ts may enable the hooks after `listen`. */
const HOOKS_CHECK_AFTER_MS = 5_000;

/**
 * The worker of one application: started when all modules are ready, drained and awaited in
 * `onModuleDestroy`, since TypeORM closes its connections in a later hook (nestjs/nest#2893).
 */
export class WorkerLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger: LoggerService;
  private readonly timers: Timers;
  private readonly execution: Execution;
  private readonly loop: WorkerLoop;
  private readonly maintenance: Maintenance;
  private cancelHooksCheck = (): void => undefined;
  private stopListening: Promise<(() => Promise<void>) | undefined> | undefined;

  constructor(private readonly dependencies: WorkerLifecycleDependencies) {
    const { store, settings, handlers, sources, tracing } = dependencies;
    const { random = systemRandom } = dependencies;
    const logger = (this.logger = dependencies.logger ?? new Logger('ArmoxArmaloWorker'));
    const timers = (this.timers = dependencies.timers ?? systemTimers);
    const clock = dependencies.clock ?? systemClock;
    const replica = randomUUID();
    const common = { store, settings, handlers, sources, replica, timers, random, clock, logger };
    const { dispatch, lookIn } = eventDispatch(common);
    this.execution = new Execution({ ...common, dispatch, tracing, lease: settings.lease });
    this.loop = new WorkerLoop({
      ...common,
      execution: this.execution,
      sources: sources.map(({ name }) => name),
      needing: (needs) =>
        transactionalEvents(handlers, sources, needs === 'group' ? 'grouped' : true),
      lookIn,
    });
    const { retention } = settings;
    this.maintenance = new Maintenance({ ...common, retention, opened: () => this.wake() });
  }

  /** @throws EventHandlerError, ArmoxArmaloConfigurationError when a handler cannot be run as it is declared */
  async onApplicationBootstrap(): Promise<void> {
    const { handlers, settings, sources, store } = this.dependencies;
    handlers.discover(sources);
    await this.maintenance.start();
    this.execution.start();
    this.loop.start();
    this.stopListening = store
      .listen(() => this.wake())
      .catch((error: unknown) => {
        this.logger.warn(
          `Other replicas cannot wake this one (${errorHeadline(error)}); it looks for events every ` +
            `${settings.pollInterval} ms.`,
        );
        return undefined;
      });
    this.cancelHooksCheck = this.timers.after(HOOKS_CHECK_AFTER_MS, () => this.checkHooks());
  }

  async onModuleDestroy(): Promise<void> {
    this.cancelHooksCheck();
    const listening = this.stopListening?.then((stop) => stop?.()).catch(() => undefined);
    const graceMs = this.dependencies.settings.shutdownTimeout;
    await Promise.all([
      listening,
      this.maintenance.stop(),
      this.execution.stop({ graceMs, engine: this.loop.stop() }),
    ]);
  }

  /** Events that run in this process, or whose end is being written. */
  get running(): number {
    return this.execution.size;
  }

  /** Events that may run at once in this process. */
  get concurrency(): number {
    return this.dependencies.settings.concurrency;
  }

  /** Something has been stored: claim now instead of at the next poll. */
  wake(): void {
    this.loop.notify();
  }

  /** Nest does not tell whether hooks are on; what matters is whether anybody hears the signal. */
  private checkHooks(): void {
    if (ENDING_SIGNALS.some((signal) => process.listenerCount(signal) > 0)) return;
    this.logger.warn(
      'Nothing listens for SIGTERM, so a deploy ends this process in the middle of its handlers, and their ' +
        'events wait until their leases run out. Call `app.enableShutdownHooks()` in main.ts.',
    );
  }
}
