import type { Clock } from '../../lib/core/index.js';
import type { Timer } from '../../lib/api-client/index.js';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/**
 * Time that passes by itself, in order, whenever somebody sleeps and no request is under way. A
 * request's own limit is the exception: it passes only by `expireLimits`.
 */
export class VirtualTime implements Clock, Timer {
  readonly slept: number[] = [];
  private readonly sleepers = new Set<Sleeper>();
  private readonly limits = new Map<() => void, number>();
  private current = Date.UTC(2026, 0, 1);

  now(): number {
    return this.current;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = {
        at: this.current + ms,
        wake: () => (this.slept.push(ms), resolve()),
      };
      const abort = (): void => {
        this.sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.sleepers.add(sleeper);
      this.settle();
    });
  }

  limit(ms: number, expired: () => void): () => void {
    this.limits.set(expired, ms);
    return () => {
      this.limits.delete(expired);
      this.settle();
    };
  }

  /** Ends the time of every request that is under way; returns the limits they had. */
  expireLimits(): number[] {
    const limits = [...this.limits];
    for (const [expired] of limits) expired();
    return limits.map(([, ms]) => ms);
  }

  private settle(): void {
    // Two turns, in which whoever was just answered may send its next request.
    setImmediate(() => setImmediate(() => this.advance()));
  }

  private advance(): void {
    if (this.limits.size > 0) return;
    const [next] = [...this.sleepers].sort((a, b) => a.at - b.at);
    if (!next) return;
    this.sleepers.delete(next);
    this.current = Math.max(this.current, next.at);
    next.wake();
    this.settle();
  }
}
