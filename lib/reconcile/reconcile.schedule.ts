import { SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import {
  ArmoxArmaloConfigurationError,
  runEvery,
  systemClock,
  systemRandom,
  type Clock,
  type Random,
} from '../core/index.js';
import { POLL_RULES } from './reconcile.option-rules.js';
import type { Reconciler } from './reconciler.js';

export interface ReconcileScheduleOptions {
  /** Milliseconds between two polls. Default 10,000. */
  readonly interval?: number | undefined;
  /** Instead of an interval: five or six fields, as `@nestjs/schedule` takes them. */
  readonly cron?: string | undefined;
  /** IANA time zone of `cron`. Default: the process's. */
  readonly timeZone?: string | undefined;
  /** Share of the interval by which a process's polls differ from another's, 0 to 1. Default 0.1. */
  readonly jitter?: number | undefined;
}

/** The name in the registry: `schedulerRegistry.getInterval(…)` or `getCronJob(…)`. */
export const RECONCILE_JOB = 'armox-armalo:reconcile';

/**
 * When the reconciler polls. In the application's own registry where there is one, where
 * it can be seen and stopped; else in one of ours. `ScheduleModule.forRoot()` is never imported
 * here: a second registry runs each of the application's jobs twice.
 */
export class ReconcileSchedule {
  private readonly registry: SchedulerRegistry;
  private started = false;
  private job: CronJob | undefined;
  private every = 0;
  private lastAt = 0;

  /** @throws ArmoxArmaloConfigurationError for a cron expression that cannot be read */
  constructor(
    private readonly reconciler: Reconciler,
    private readonly options: ReconcileScheduleOptions = {},
    registry?: SchedulerRegistry,
    private readonly random: Random = systemRandom,
    private readonly clock: Clock = systemClock,
  ) {
    this.registry = registry ?? new SchedulerRegistry();
    if (options.cron !== undefined) this.cronJob(options.cron);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    const { interval: every, jitter: spread } = POLL_RULES;
    const { cron, interval = every.default, jitter = spread.default } = this.options;
    if (cron !== undefined) {
      const job = (this.job = this.cronJob(cron));
      this.registry.addCronJob(RECONCILE_JOB, job);
      job.start();
      return;
    }
    // Each process has an interval of its own, so that replicas do not stay in step.
    const own = (this.every = interval * (1 + jitter * (this.random() - 0.5)));
    this.lastAt = this.clock.now();
    this.registry.addInterval(
      RECONCILE_JOB,
      runEvery(own, () => this.tick()),
    );
  }

  /** When it polls next, in epoch milliseconds; null where it is not started. */
  get nextAt(): number | null {
    if (!this.started) return null;
    return this.job ? this.job.nextDate().toMillis() : this.lastAt + this.every;
  }

  /** Milliseconds from the next poll to the one after it; null where it is not started. */
  get gap(): number | null {
    if (!this.started) return null;
    if (!this.job) return this.every;
    const [next, following] = this.job.nextDates(2).map((date) => date.toMillis());
    return next === undefined || following === undefined ? null : following - next;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    if (this.started) {
      this.started = false;
      // The application may have taken it out itself.
      const kind = this.options.cron === undefined ? 'interval' : 'cron';
      if (this.registry.doesExist(kind, RECONCILE_JOB)) {
        if (kind === 'cron') this.registry.deleteCronJob(RECONCILE_JOB);
        else this.registry.deleteInterval(RECONCILE_JOB);
      }
    }
    await this.reconciler.stop();
  }

  private tick(): void {
    this.lastAt = this.clock.now();
    void this.reconciler.tick();
  }

  private cronJob(expression: string): CronJob {
    try {
      const { timeZone } = this.options;
      const onTick = (): void => this.tick();
      return CronJob.from({
        cronTime: expression,
        onTick,
        start: false,
        ...(timeZone !== undefined && { timeZone }),
      });
    } catch (cause) {
      throw new ArmoxArmaloConfigurationError(
        'reconcile.cron',
        'is no cron expression (or its time zone is not known); write e.g. `*/15 * * * * *`.',
        { cause },
      );
    }
  }
}
