import { randomUUID } from 'node:crypto';
import { Logger, type LoggerService } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import {
  systemClock,
  systemRandom,
  type Clock,
  type Random,
  type WebhookSource,
  systemTimers,
  type Timers,
} from '../core/index.js';
import type { HandlerRegistry } from '../handlers/index.js';
import type { LeaderLock, MaintenanceStore, ReplicaStore, WorkStore } from '../inbox/index.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { MaintenanceSchedule } from './maintenance/maintenance.schedule.js';
import { errorHeadline } from './dispatch/error-text.js';
import { HandOver } from './dispatch/hand-over.js';
import { HandlerRunner } from './dispatch/handler.runner.js';
import { OtherReplicas } from './dispatch/other.replicas.js';
import { ReplicaPresence } from './maintenance/replica.presence.js';
import { transactionalEvents } from './in-process/transactional.events.js';
import { retentionTask, sweepTask } from './maintenance/maintenance.tasks.js';
import { WorkerLoop, type LoopStore } from './in-process/worker.loop.js';
import type { WorkerSettings } from './worker.settings.js';

export interface WorkerLifecycleDependencies {
  readonly store: WorkStore & MaintenanceStore & ReplicaStore & LeaderLock;
  readonly sources: readonly WebhookSource[];
  readonly handlers: HandlerRegistry;
  readonly settings: WorkerSettings;
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
  private readonly loop: WorkerLoop;
  private readonly presence: ReplicaPresence;
  private readonly maintenance: MaintenanceSchedule;
  private readonly cancelHooksCheck: (() => void)[] = [];
  private stopListening: Promise<(() => Promise<void>) | undefined> | undefined;

  constructor(private readonly dependencies: WorkerLifecycleDependencies) {
    const { store, settings, handlers, sources, random = systemRandom } = dependencies;
    const logger = (this.logger = dependencies.logger ?? new Logger('ArmoxArmaloWorker'));
    const timers = (this.timers = dependencies.timers ?? systemTimers);
    const runner = new HandlerRunner({
      store,
      leaseMs: settings.lease,
      transactions: settings.transactions,
      timers,
      loggerOf: loggerPerHandler(),
    });
    const retry = settings.retry;
    const replica = randomUUID();
    const others = new OtherReplicas(store, replica, timers);
    const handOver = new HandOver(others, timers, random, logger);
    const dispatcher = new Dispatcher({
      store,
      runner,
      handlers,
      sources,
      handOver,
      retry,
      timers,
      random,
      clock: dependencies.clock ?? systemClock,
      logger,
    });
    const run = dispatcher.dispatch.bind(dispatcher);
    this.loop = new WorkerLoop({
      store: withLookIn(store, (dueIn) => handOver.lookIn(dueIn)),
      run,
      settings,
      sources: sources.map(({ name }) => name),
      transactional: () => transactionalEvents(handlers, sources),
      timers,
      random,
      logger,
    });
    this.presence = new ReplicaPresence({ store, handlers, replica, timers, random, logger });
    this.maintenance = new MaintenanceSchedule(
      [
        retentionTask(store, settings.retention, logger),
        sweepTask(store, () => this.wake(), logger),
      ],
      replica,
      store,
      timers,
      random,
      logger,
    );
  }

  /** @throws EventHandlerError, ArmoxArmaloConfigurationError when a handler cannot be run as it is declared */
  async onApplicationBootstrap(): Promise<void> {
    const { handlers, settings, sources, store } = this.dependencies;
    handlers.discover(sources);
    await this.presence.begin();
    this.loop.start();
    this.maintenance.start();
    this.stopListening = store
      .listen(() => this.wake())
      .catch((error: unknown) => {
        this.logger.warn(
          `Other replicas cannot wake this one (${errorHeadline(error)}); it looks for events every ` +
            `${settings.pollInterval} ms.`,
        );
        return undefined;
      });
    this.cancelHooksCheck.push(this.timers.after(HOOKS_CHECK_AFTER_MS, () => this.checkHooks()));
  }

  async onModuleDestroy(): Promise<void> {
    for (const cancel of this.cancelHooksCheck) cancel();
    const listening = this.stopListening?.then((stop) => stop?.()).catch(() => undefined);
    await Promise.all([
      listening,
      this.presence.end(),
      this.maintenance.stop(),
      this.loop.stop({ graceMs: this.dependencies.settings.shutdownTimeout }),
    ]);
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

function withLookIn(
  store: WorkStore,
  lookIn: (dueIn: number | undefined) => number | undefined,
): LoopStore {
  const outlook = async () => {
    const found = await store.outlook();
    return { ...found, dueIn: lookIn(found.dueIn) };
  };
  return Object.assign(Object.create(store) as WorkStore, { outlook });
}

function loggerPerHandler(): (handler: string) => LoggerService {
  const loggers = new Map<string, LoggerService>();
  return (handler) => {
    let logger = loggers.get(handler);
    if (!logger) loggers.set(handler, (logger = new Logger(handler)));
    return logger;
  };
}
