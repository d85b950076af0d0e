import type { LoggerService } from '@nestjs/common';
import type { Random, Timers } from '../../core/index.js';
import type { HandlerRegistry } from '../../handlers/index.js';
import type {
  LeaderLock,
  MaintenanceStore,
  ReplicaStore,
  RetentionPeriods,
} from '../../inbox/index.js';
import { MaintenanceSchedule } from './maintenance.schedule.js';
import { retentionTask, sweepTask } from './maintenance.tasks.js';
import { ReplicaPresence } from './replica.presence.js';

export interface MaintenanceDependencies {
  readonly store: MaintenanceStore & ReplicaStore & LeaderLock;
  readonly handlers: Pick<HandlerRegistry, 'all'>;
  readonly retention: RetentionPeriods;
  /** This process's id among the replicas. */
  readonly replica: string;
  /** Called when waiting events are open again. */
  readonly opened: () => void;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** What must be done beside the running of events, whatever engine runs them. */
export class Maintenance {
  private readonly presence: ReplicaPresence;
  private readonly schedule: MaintenanceSchedule;

  constructor(dependencies: MaintenanceDependencies) {
    const { store, retention, replica, opened, timers, random, logger } = dependencies;
    this.presence = new ReplicaPresence(dependencies);
    const tasks = [retentionTask(store, retention, logger), sweepTask(store, opened, logger)];
    this.schedule = new MaintenanceSchedule(tasks, replica, store, timers, random, logger);
  }

  /** Never rejects. Events may run when it resolves: the other replicas know this one's handlers then. */
  async start(): Promise<void> {
    await this.presence.begin();
    this.schedule.start();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    await Promise.all([this.presence.end(), this.schedule.stop()]);
  }
}
