import type { RateHeaders } from './rate-headers.js';
import type { CallPriority, RateLimits } from './rate-limits.js';

/**
 * Armox counts per key in a rolling minute (docs/contract.md#armox-errors-and-rate-limits); of Armalo's
 * minute nothing more is known, and who keeps to a rolling one keeps to a fixed one.
 */
const WINDOW_MS = 60_000;
/** Of a limit that nobody has told us yet, background calls take their share of this. */
const ASSUMED_LIMIT = 60;
/** Part of the limit that background calls never touch, so that an app's call finds room at once. */
const RESERVE = 0.2;
/** Calls under way at once as long as no answer has told of a limit, or that there is none. */
const FIRST_BURST = 10;
/** A guessed limit grows by this each minute, until a 429 says that it was too high. */
const GUESS_GROWTH = 1.1;
const SMALLEST_GUESS = 5;

interface Ended {
  readonly at: number;
  readonly priority: CallPriority;
}

/**
 * The calls of one key in the last 60 s: our own, counted from their end, since the service may have
 * counted them as late as that, and those of other processes, as far as the headers tell of them.
 */
export class RateWindow {
  private readonly running: Record<CallPriority, number> = { app: 0, background: 0 };
  private readonly ended: Ended[] = [];
  /** Whether the service has had the occasion to name a limit. */
  answered = false;
  private learnt: number | undefined;
  private guess: { limit: number; at: number } | undefined;
  private others = { calls: 0, until: 0 };

  constructor(private readonly limits: RateLimits) {}

  get inFlight(): number {
    return this.running.app + this.running.background;
  }

  limit(now: number): number | undefined {
    const known = this.learnt ?? this.guessed(now);
    const own = this.limits.requestsPerMinute;
    return own === undefined || known === undefined ? (own ?? known) : Math.min(own, known);
  }

  used(now: number): number {
    this.forget(now);
    return this.inFlight + this.ended.length + this.others.calls;
  }

  /** Milliseconds until one more call fits; Infinity = not before a running one has ended. */
  delay(priority: CallPriority, now: number): number {
    this.forget(now);
    const limit = this.limit(now);
    const bound = limit ?? ASSUMED_LIMIT;
    if (priority === 'background') {
      const reserve = Math.floor(bound * RESERVE);
      if (this.used(now) >= bound - reserve) return this.untilLess(now);
      return this.usedByBackground() < this.backgroundBudget(bound)
        ? 0
        : this.untilLess(now, 'background');
    }
    if (limit !== undefined) return this.used(now) < limit ? 0 : this.untilLess(now);
    return this.answered || this.inFlight < FIRST_BURST ? 0 : Number.POSITIVE_INFINITY;
  }

  start(priority: CallPriority): void {
    this.running[priority] += 1;
  }

  end(priority: CallPriority, now: number): void {
    this.running[priority] -= 1;
    this.ended.push({ at: now, priority });
  }

  learn({ limit, remaining, resetInMs }: RateHeaders, now: number): void {
    if (limit === undefined) return;
    this.learnt = limit;
    if (remaining === undefined) return;
    this.forget(now);
    const own = this.inFlight + this.ended.length;
    this.others = {
      calls: Math.max(0, limit - remaining - own),
      until: now + Math.min(resetInMs ?? WINDOW_MS, WINDOW_MS),
    };
  }

  /**
   * A call ended by a 429. It takes no room: when there is some again, the service has just said. If
   * it sends no limit, what it let through in the last minute is one.
   */
  refused(priority: CallPriority, { limit: told }: RateHeaders, now: number): void {
    this.running[priority] -= 1;
    this.learnt = told ?? this.learnt;
    if (this.learnt !== undefined) return;
    this.forget(now);
    this.guess = { limit: Math.max(SMALLEST_GUESS, this.ended.length), at: now };
  }

  private guessed(now: number): number | undefined {
    if (!this.guess) return undefined;
    return Math.floor(this.guess.limit * GUESS_GROWTH ** ((now - this.guess.at) / WINDOW_MS));
  }

  private backgroundBudget(limit: number): number {
    const share = Math.floor(limit * (this.limits.backgroundShare ?? 0.5));
    return Math.max(1, Math.min(share, this.limits.backgroundPerMinute ?? share));
  }

  private usedByBackground(): number {
    return (
      this.running.background + this.ended.filter((call) => call.priority === 'background').length
    );
  }

  private untilLess(now: number, priority?: CallPriority): number {
    const oldest = this.ended.find((call) => priority === undefined || call.priority === priority);
    const others =
      priority === undefined && this.others.calls > 0
        ? this.others.until
        : Number.POSITIVE_INFINITY;
    const next = Math.min(oldest ? oldest.at + WINDOW_MS : Number.POSITIVE_INFINITY, others);
    return Math.max(next - now, 1);
  }

  private forget(now: number): void {
    const kept = this.ended.findIndex((call) => call.at + WINDOW_MS > now);
    this.ended.splice(0, kept < 0 ? this.ended.length : kept);
    if (this.others.until <= now) this.others = { calls: 0, until: 0 };
  }
}
