import type { LoggerService } from '@nestjs/common';
import type { Random, Timers } from '../../core/index.js';
import type { LeaderLock } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';

/** Work that one of all replicas does now and then. */
export interface MaintenanceTask {
  /** Name of the lease row: `retention`. */
  readonly name: string;
  /** Milliseconds. The first time comes within one interval of the start, at random. */
  readonly every: number;
  /** Must end soon after `signal` aborts. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

/** Does each task when its time has come and this process holds its lease. */
export class MaintenanceSchedule {
  private readonly stopping = new AbortController();
  private readonly cancels = new Map<MaintenanceTask, () => void>();
  private readonly underway = new Set<Promise<void>>();

  constructor(
    private readonly tasks: readonly MaintenanceTask[],
    /** Unique to this process. */
    private readonly owner: string,
    private readonly store: LeaderLock,
    private readonly timers: Timers,
    private readonly random: Random,
    private readonly logger: LoggerService,
  ) {}

  start(): void {
    for (const task of this.tasks) this.schedule(task, task.every * this.random());
  }

  /** Resolves when no task is being done any more. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The application is shutting down.'));
    for (const cancel of this.cancels.values()) cancel();
    await Promise.all(this.underway);
  }

  private schedule(task: MaintenanceTask, inMs: number): void {
    const cancel = this.timers.after(inMs, () => {
      const turn: Promise<void> = this.turn(task).finally(() => {
        this.underway.delete(turn);
        if (this.stopping.signal.aborted) return;
        this.schedule(task, task.every * (0.9 + this.random() / 5));
      });
      this.underway.add(turn);
    });
    this.cancels.set(task, cancel);
  }

  private async turn(task: MaintenanceTask): Promise<void> {
    try {
      // Held beyond the next turn, so that the other replicas leave it to this one while it lives.
      const held = await this.store.holdLeaderLock(task.name, this.owner, task.every * 1.5);
      if (held) await task.work(this.stopping.signal);
    } catch (error) {
      this.logger.warn(
        `The maintenance task "${task.name}" failed and has its next turn in ${task.every} ms: ${errorHeadline(error)}`,
      );
    }
  }
}
