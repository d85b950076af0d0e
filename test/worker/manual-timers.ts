import type { Timers } from '../../lib/worker/index.js';

/** Time that passes when a test says so. */
export class ManualTimers implements Timers {
  private time = 1_000;
  private readonly waiting = new Set<{ readonly at: number; readonly then: () => void }>();

  /** How many wait for their time. */
  get pending(): number {
    return this.waiting.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, then: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), then };
    this.waiting.add(timer);
    return () => this.waiting.delete(timer);
  }

  /** Whether anybody waits for time to pass. */
  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  /** Lets `ms` pass, one timer after the other, and whatever each of them sets going come to rest. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    await rest();
    for (;;) {
      const due = [...this.waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      const [next] = due;
      if (!next) break;
      this.waiting.delete(next);
      this.time = Math.max(this.time, next.at);
      next.then();
      await rest();
    }
    this.time = until;
  }
}

/** Until promises and immediates that lead to one another have run. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise(setImmediate);
}
