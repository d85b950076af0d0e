import { sleepBy, type Clock, type Timers } from '../core/index.js';

interface Alarm {
  readonly at: number;
  readonly work: () => void;
}

/** Time that passes only when it is told to: of day, and for all that waits. */
export class ManualTimers implements Clock, Timers {
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

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepBy((wait, wake) => this.after(wait, wake), ms, signal);
  }

  /** How many wait for their time. */
  get pending(): number {
    return this.alarms.size;
  }

  /** Lets `ms` milliseconds pass, and runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    while (this.runNext(end));
    this.time = end;
  }

  /**
   * Goes to the moment of what falls due next, and runs it; of one moment, what was set first.
   * @param until nothing is run after this moment. Default: however late it is
   * @returns whether there was something
   */
  runNext(until = Infinity): boolean {
    const [next] = [...this.alarms].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
    if (!next) return false;
    this.alarms.delete(next);
    this.time = Math.max(this.time, next.at);
    next.work();
    return true;
  }
}
