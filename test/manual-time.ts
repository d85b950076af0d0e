import { sleepBy } from '../lib/core/index.js';
import { ManualTimers } from '../lib/testing/index.js';

/** Time that passes when a test says so. */
export class ManualTime extends ManualTimers {
  constructor(start = 1_000) {
    super(start);
  }

  /** Lets `ms` pass, one timer after the other, and whatever each of them sets going come to rest. */
  async pass(ms: number): Promise<void> {
    const until = this.now() + ms;
    do await rest();
    while (this.runNext(until));
    this.advance(until - this.now());
  }
}

/**
 * The same, and it passes by itself whenever somebody sleeps and nothing is under way: what `after` limits
 * is, until it is called off. Such a limit passes by `expireLimits` only.
 */
export class FlowingTime extends ManualTime {
  readonly slept: number[] = [];
  private readonly limits = new Map<() => void, number>();

  constructor() {
    super(Date.UTC(2026, 0, 1));
  }

  override after(ms: number, expired: () => void): () => void {
    this.limits.set(expired, ms);
    return () => {
      this.limits.delete(expired);
      this.flow();
    };
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleep = sleepBy((wait, wake) => super.after(wait, wake), ms, signal);
    this.flow();
    await sleep;
    this.slept.push(ms);
  }

  /** Ends the time of all that is limited. @returns the limits it had */
  expireLimits(): number[] {
    const limits = [...this.limits];
    for (const [expired] of limits) expired();
    return limits.map(([, ms]) => ms);
  }

  private flow(): void {
    // Two turns, in which whoever was just answered may send its next request.
    setImmediate(() => setImmediate(() => this.flowOn()));
  }

  private flowOn(): void {
    if (this.limits.size === 0 && this.runNext()) this.flow();
  }
}

/** Until promises and immediates that lead to one another have run. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise(setImmediate);
}
