import { systemClock, type Clock } from '../core/index.js';

/** The time that a sandbox lives in. */
export interface SandboxTimers extends Clock {
  /** Runs `work` once, `ms` from now. @returns how to call it off */
  after(ms: number, work: () => void): () => void;
}

/** The time of day; does not keep the process alive. */
export const realTimers: SandboxTimers = {
  now: () => systemClock.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface Alarm {
  readonly at: number;
  readonly work: () => void;
}

/** Time that passes only when it is told to. */
export class ManualTimers implements SandboxTimers {
  private readonly alarms = new Set<Alarm>();

  constructor(private time = Date.UTC(2026, 2, 26, 12)) {}

  now(): number {
    return this.time;
  }

  after(ms: number, work: () => void): () => void {
    const alarm = { at: this.time + Math.max(0, ms), work };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  /** Lets `ms` milliseconds pass, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.nextUntil(end); next; next = this.nextUntil(end)) {
      this.alarms.delete(next);
      this.time = Math.max(this.time, next.at);
      next.work();
    }
    this.time = end;
  }

  private nextUntil(end: number): Alarm | undefined {
    const due = [...this.alarms].filter((alarm) => alarm.at <= end);
    // A stable sort: alarms of one instant run in the order they were set.
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
