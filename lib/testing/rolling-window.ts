import type { Clock } from '../core/index.js';

/** What a rate limit answers about one call. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the oldest counted call leaves the window. */
  readonly resetInMs: number;
}

/** Calls per key within the last `windowMs`; a refused call is not counted. */
export class RollingWindow {
  private readonly calls = new Map<string, number[]>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: number,
    private readonly windowMs = 60_000,
  ) {}

  take(key: string): Allowance {
    const now = this.clock.now();
    const recent = (this.calls.get(key) ?? []).filter((at) => at > now - this.windowMs);
    const allowed = recent.length < this.limit;
    if (allowed) recent.push(now);
    this.calls.set(key, recent);
    return {
      allowed,
      limit: this.limit,
      remaining: this.limit - recent.length,
      resetInMs: (recent[0] ?? now) + this.windowMs - now,
    };
  }
}
