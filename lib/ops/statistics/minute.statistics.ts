import type { Timers } from '../../core/index.js';
import type { MinuteCount, MinuteStore } from '../../inbox/index.js';
import { MINUTE_MS, type MinuteCounter } from './minute.counter.js';
import { countSteps } from './minute.subscriber.js';

const FLUSH_MS = 5_000;
const KEPT_MS = 7 * 24 * 60 * MINUTE_MS;
const FORGET_EVERY = 3_600_000 / FLUSH_MS;

/**
 * Writes what this process counts to the database, every five seconds. Not with the events themselves: the transactions
 * of all replicas would wait for the one row of the minute.
 */
export class MinuteStatistics {
  private readonly stopping = new AbortController();
  private stopCounting: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private flushes = 0;

  constructor(
    private readonly store: Pick<MinuteStore, 'add' | 'forgetBefore'>,
    private readonly counter: MinuteCounter,
    private readonly timers: Pick<Timers, 'sleep'>,
    private readonly now: () => number,
  ) {}

  start(): void {
    this.stopCounting = countSteps(this.counter);
    this.running = this.loop();
  }

  /** What is counted is written a last time. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.flush();
    this.stopCounting?.();
  }

  /** What cannot be written is written the next time. */
  async flush(): Promise<void> {
    const taken: readonly MinuteCount[] = this.counter.take();
    try {
      await this.store.add(taken);
    } catch {
      this.counter.putBack(taken);
      return;
    }
    if (this.flushes++ % FORGET_EVERY !== 0) return;
    await this.store.forgetBefore(this.now() - KEPT_MS).catch(() => undefined);
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.timers.sleep(FLUSH_MS, this.stopping.signal).catch(() => undefined);
      if (!this.stopping.signal.aborted) await this.flush();
    }
  }
}
