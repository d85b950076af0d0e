import type { Timers } from '../core/index.js';
import { RateWindow } from './rate-window.js';
import { pauseAfter429 } from './rate-headers.js';
import type { RateHeaders } from './rate-headers.js';
import type { CallPriority, RateLimits, RateState } from './rate-limits.js';

/** Permission for one call, which must be given back by `done`, whatever became of the call. */
export interface RateSlot {
  /** @param answer what the answer said; nothing when there was none */
  done(answer?: { readonly status: number; readonly rate: RateHeaders }): void;
}

/** Thrown by `acquire`; the transport makes a ApiRateLimitedError of it. */
export class RateWaitTooLong extends Error {
  constructor(readonly retryAfterMs: number) {
    super(`The key's rate limit is used up for ${retryAfterMs} ms.`);
  }
}

interface Waiter {
  readonly priority: CallPriority;
  readonly deadline: number;
  grant(slot: RateSlot): void;
  refuse(error: Error): void;
}

/** Not the end of the one before: a run may take minutes. */
const PROBE_EVERY_MS = 1000;

/**
 * Lets the calls of one API key through, in order, the application's before background ones, so that
 * they stay within the key's rolling minute; after a 429 all of them wait.
 */
export class RateLimiter {
  private readonly window: RateWindow;
  private readonly waiters: Record<CallPriority, Waiter[]> = { app: [], background: [] };
  private pausedUntil = Number.NEGATIVE_INFINITY;
  /** After a 429 calls go out one by one, until one is answered otherwise. */
  private probing = false;
  private nextProbeAt = 0;
  private wakeUp: AbortController | undefined;

  constructor(
    private readonly timers: Timers,
    limits: RateLimits = {},
  ) {
    this.window = new RateWindow(limits);
  }

  /**
   * Waits until a call may be sent.
   * @throws RateWaitTooLong as soon as it is clear that this takes longer than `maxWait`
   * @throws the signal's reason when it is aborted while waiting
   */
  acquire(priority: CallPriority, maxWait: number, signal?: AbortSignal): Promise<RateSlot> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = (): void => {
        this.drop(waiter);
        reject(signal?.reason as Error);
        this.pump();
      };
      const waiter: Waiter = {
        priority,
        deadline: this.timers.now() + maxWait,
        grant: (slot) => (signal?.removeEventListener('abort', leave), resolve(slot)),
        refuse: (error) => (signal?.removeEventListener('abort', leave), reject(error)),
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiters[priority].push(waiter);
      this.pump();
    });
  }

  state(): RateState {
    const now = this.timers.now();
    return {
      limit: this.window.limit(now),
      used: this.window.used(now),
      waiting: this.waiters.app.length + this.waiters.background.length,
      pausedForMs: this.pausedUntil > now ? this.pausedUntil - now : undefined,
    };
  }

  private pump(): void {
    this.wakeUp?.abort();
    this.wakeUp = undefined;
    const now = this.timers.now();
    for (const priority of ['app', 'background'] as const) {
      const queue = this.waiters[priority];
      while (queue.length > 0 && this.delay(priority, now) === 0) {
        queue.shift()?.grant(this.open(priority));
      }
      this.refuseTheLate(priority, now);
    }
    this.scheduleWakeUp(now);
  }

  /** Milliseconds to wait; Infinity = until a call that is under way has ended. */
  private delay(priority: CallPriority, now: number): number {
    if (this.pausedUntil > now) return this.pausedUntil - now;
    const probe = this.probing ? Math.max(0, this.nextProbeAt - now) : 0;
    return Math.max(probe, this.window.delay(priority, now));
  }

  private refuseTheLate(priority: CallPriority, now: number): void {
    const delay = this.delay(priority, now);
    for (const waiter of [...this.waiters[priority]]) {
      const left = waiter.deadline - now;
      // An end that is not known is worth waiting for, to the last.
      if (left > 0 && (delay <= left || delay === Number.POSITIVE_INFINITY)) continue;
      this.drop(waiter);
      waiter.refuse(new RateWaitTooLong(Number.isFinite(delay) ? delay : 1000));
    }
  }

  private scheduleWakeUp(now: number): void {
    const moments = (['app', 'background'] as const).flatMap((priority) => {
      const queue = this.waiters[priority];
      if (queue.length === 0) return [];
      return [now + this.delay(priority, now), ...queue.map((waiter) => waiter.deadline)];
    });
    const next = Math.min(...moments);
    if (!Number.isFinite(next)) return;
    const wakeUp = (this.wakeUp = new AbortController());
    this.timers.sleep(Math.max(next - now, 1), wakeUp.signal).then(
      () => this.wakeUp === wakeUp && this.pump(),
      () => undefined, // replaced by a newer one
    );
  }

  private open(priority: CallPriority): RateSlot {
    this.window.start(priority);
    this.nextProbeAt = this.timers.now() + PROBE_EVERY_MS;
    let open = true;
    return {
      done: (answer) => {
        if (!open) return;
        open = false;
        this.settle(priority, answer);
        this.pump();
      },
    };
  }

  private settle(priority: CallPriority, answer: Parameters<RateSlot['done']>[0]): void {
    const now = this.timers.now();
    if (answer?.status === 429) {
      this.window.refused(priority, answer.rate, now);
      this.pausedUntil = Math.max(this.pausedUntil, now + pauseAfter429(answer.rate));
      this.probing = true;
      return;
    }
    this.window.end(priority, now);
    if (!answer) return;
    this.probing = false;
    this.window.learn(answer.rate, now);
    // Errors may come from a gateway that knows of no limit.
    if (answer.status < 400) this.window.answered = true;
  }

  private drop(waiter: Waiter): void {
    const queue = this.waiters[waiter.priority];
    const index = queue.indexOf(waiter);
    if (index >= 0) queue.splice(index, 1);
  }
}
