import { systemTimers, type Timers } from '../../../core/index.js';
import type { JobStore, TrackedJob } from './job.store.js';

/** Milliseconds between looks at the table, for ends that another replica has stored. */
const LOOK_EVERY = 1_000;

interface Waiter {
  readonly jobId: string;
  readonly settle: (job: TrackedJob) => void;
  readonly fail: (reason: Error) => void;
}

/** Those who wait for jobs to end. One query answers all of them. */
export class JobWaiters {
  private readonly waiters = new Set<Waiter>();
  private readonly stopping = new AbortController();
  private looking = false;
  private again = false;
  private ticking = false;

  constructor(
    private readonly store: Pick<JobStore, 'find'>,
    private readonly timers: Timers = systemTimers,
  ) {}

  /** @throws the signal's reason; the database's error when it cannot be asked */
  wait(jobId: string, signal: AbortSignal): Promise<TrackedJob> {
    return new Promise((resolve, reject) => {
      const ended = AbortSignal.any([signal, this.stopping.signal]);
      const leave = (): void => waiter.fail(ended.reason as Error);
      const done = (): void => {
        this.waiters.delete(waiter);
        ended.removeEventListener('abort', leave);
      };
      const waiter: Waiter = {
        jobId,
        settle: (job) => (done(), resolve(job)),
        fail: (reason) => (done(), reject(reason)),
      };
      if (ended.aborted) return leave();
      ended.addEventListener('abort', leave, { once: true });
      this.waiters.add(waiter);
      this.wake();
      void this.tick();
    });
  }

  /** Something was stored: look at once. */
  wake(): void {
    if (this.waiters.size === 0) return;
    if (this.looking) this.again = true;
    else void this.look();
  }

  stop(): void {
    this.stopping.abort(new Error('The application is shutting down; the job goes on.'));
  }

  private async tick(): Promise<void> {
    if (this.ticking) return;
    this.ticking = true;
    while (this.waiters.size > 0) {
      await this.timers.sleep(LOOK_EVERY, this.stopping.signal).catch(() => undefined);
      this.wake();
    }
    this.ticking = false;
  }

  private async look(): Promise<void> {
    this.looking = true;
    do {
      this.again = false;
      const waiting = [...this.waiters];
      try {
        const jobs = await this.store.find([...new Set(waiting.map(({ jobId }) => jobId))]);
        const settled = new Map(jobs.filter((job) => job.settled).map((job) => [job.jobId, job]));
        for (const waiter of waiting) {
          const job = settled.get(waiter.jobId);
          if (job) waiter.settle(job);
        }
      } catch {
        // The next look asks again; who waits has a timeout and a signal of its own.
      }
    } while (this.again);
    this.looking = false;
  }
}
