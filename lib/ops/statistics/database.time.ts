import type { Clock, Timers } from '../../core/index.js';

/** The database's time of day, without asking it each time; until it is learnt, the process's own. */
export class DatabaseTime implements Clock {
  private offset: number;

  constructor(
    private readonly timers: Pick<Timers, 'now'>,
    clock: Clock,
  ) {
    this.offset = clock.now() - timers.now();
  }

  now(): number {
    return Math.floor(this.timers.now() + this.offset);
  }

  /** @param ask the database for its time, in epoch milliseconds */
  async learn(ask: () => Promise<number>): Promise<void> {
    const asked = this.timers.now();
    const told = await ask();
    this.offset = told - (asked + this.timers.now()) / 2;
  }
}
