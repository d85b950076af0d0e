import type { Random } from '../core/index.js';
import { corrupted, drawFate, type DeliveryFaults, type Fate } from './delivery-faults.js';
import type { SandboxTimers } from './sandbox-timers.js';

/** How a sandbox tries again after an answer that is not 2xx, or none. */
export interface DeliveryRetry {
  /** Attempts in all. Default 5. */
  readonly attempts: number;
  /** Milliseconds before the second attempt. Default 500. */
  readonly delay: number;
  /** Each further wait is so many times longer. Default 2. */
  readonly factor: number;
  /** Share of the wait that is random, 0 to 1. Default 0.2. */
  readonly jitter: number;
  /** Milliseconds that the receiver may take to answer. Default 10,000. */
  readonly timeout: number;
}

export const DEFAULT_RETRY: DeliveryRetry = {
  attempts: 5,
  delay: 500,
  factor: 2,
  jitter: 0.2,
  timeout: 10_000,
};

/** A webhook to be sent. */
export interface Outgoing {
  readonly event: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Called at the first 2xx. */
  readonly onDelivered?: () => void;
}

export type DeliveryState = 'waiting' | 'delivered' | 'dropped' | 'given-up';

/** What became of a webhook. */
export interface DeliveryRecord {
  /** Counts from 1. */
  readonly id: number;
  readonly event: string;
  readonly url: string;
  readonly body: Buffer;
  readonly state: DeliveryState;
  /** Id of the delivery that this one doubles. */
  readonly copyOf: number | undefined;
  /** One per attempt: the HTTP status, or `'no answer'`. */
  readonly statuses: readonly (number | 'no answer')[];
}

type Delivery = { -readonly [Key in keyof DeliveryRecord]: DeliveryRecord[Key] } & {
  statuses: (number | 'no answer')[];
  readonly outgoing: Outgoing;
  readonly fate: Fate;
};

/** Requests that are on their way at once. */
const CONCURRENCY = 32;
/** Longest time that a delivery is held back to be overtaken. */
const HOLD_MS = 1_000;

/** Sends webhooks with retries, and mistreats them as it is told. */
export class DeliveryQueue {
  private readonly records: Delivery[] = [];
  private readonly ready: Delivery[] = [];
  private readonly held = new Set<Delivery>();
  private readonly alarms = new Set<() => void>();
  private readonly settleWaiters: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private sending = 0;
  /** Deliveries that are not at their end yet. */
  private open = 0;

  constructor(
    private readonly timers: SandboxTimers,
    private readonly random: Random,
    private readonly retry: DeliveryRetry,
    public faults: DeliveryFaults,
  ) {}

  get deliveries(): readonly DeliveryRecord[] {
    return this.records;
  }

  send(outgoing: Outgoing): void {
    const fate = drawFate(this.faults, this.random);
    const first = this.record(outgoing, fate, undefined);
    if (fate.drop) return;
    if (fate.double) this.record(outgoing, { ...fate, corrupt: false, reorder: false }, first.id);
  }

  /** Resolves once every delivery so far is delivered, dropped or given up. */
  async settled(): Promise<void> {
    this.releaseHeld();
    if (this.open === 0) return;
    await new Promise<void>((resolve) => this.settleWaiters.push(resolve));
  }

  /** Calls everything off: what is not delivered yet is given up. */
  stop(): void {
    this.stopping.abort();
    for (const callOff of this.alarms) callOff();
    this.alarms.clear();
    for (const delivery of this.records) {
      if (delivery.state === 'waiting') this.finish(delivery, 'given-up');
    }
  }

  private record(outgoing: Outgoing, fate: Fate, copyOf: number | undefined): Delivery {
    const { event, url, body } = outgoing;
    const id = this.records.length + 1;
    const state = fate.drop ? 'dropped' : 'waiting';
    const delivery = {
      id,
      event,
      url,
      body,
      state,
      copyOf,
      statuses: [],
      outgoing,
      fate,
    } as Delivery;
    this.records.push(delivery);
    if (state === 'waiting') {
      this.open += 1;
      this.later(fate.delayMs, () => this.depart(delivery));
    }
    return delivery;
  }

  private depart(delivery: Delivery): void {
    // Nobody is held back once somebody waits for the end.
    const isAwaited = this.settleWaiters.length > 0;
    if (!delivery.fate.reorder || isAwaited) return this.enqueue(delivery);
    this.held.add(delivery);
    this.later(HOLD_MS, () => this.release(delivery));
  }

  private release(delivery: Delivery): void {
    if (this.held.delete(delivery)) this.enqueue(delivery);
  }

  private releaseHeld(): void {
    for (const delivery of [...this.held]) this.release(delivery);
  }

  private enqueue(delivery: Delivery): void {
    this.ready.push(delivery);
    this.pump();
  }

  private pump(): void {
    while (this.sending < CONCURRENCY) {
      const delivery = this.ready.shift();
      if (!delivery) return;
      this.sending += 1;
      void this.attempt(delivery).finally(() => {
        this.sending -= 1;
        if (!delivery.fate.reorder) this.releaseHeld();
        this.pump();
      });
    }
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const { outgoing, statuses, fate } = delivery;
    const isFirst = statuses.length === 0;
    const body = fate.corrupt && isFirst ? corrupted(outgoing.body, fate.corruptAt) : outgoing.body;
    const status = await this.post(outgoing, body);
    if (delivery.state !== 'waiting') return;
    statuses.push(status);
    if (status !== 'no answer' && status >= 200 && status < 300) {
      outgoing.onDelivered?.();
      return this.finish(delivery, 'delivered');
    }
    if (statuses.length >= this.retry.attempts) return this.finish(delivery, 'given-up');
    this.later(this.backoff(statuses.length, fate.jitter), () => this.enqueue(delivery));
  }

  private async post(outgoing: Outgoing, body: Buffer): Promise<number | 'no answer'> {
    const timeout = AbortSignal.timeout(this.retry.timeout);
    try {
      const response = await fetch(outgoing.url, {
        method: 'POST',
        headers: outgoing.headers,
        body: new Uint8Array(body),
        redirect: 'manual',
        signal: AbortSignal.any([this.stopping.signal, timeout]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 'no answer';
    }
  }

  private backoff(failures: number, lot: number): number {
    const { delay: delayMs, factor, jitter } = this.retry;
    return delayMs * factor ** (failures - 1) * (1 + jitter * (2 * lot - 1));
  }

  private later(ms: number, work: () => void): void {
    if (ms <= 0) return work();
    const callOff = this.timers.after(ms, () => {
      this.alarms.delete(callOff);
      work();
    });
    this.alarms.add(callOff);
  }

  private finish(delivery: Delivery, state: DeliveryState): void {
    delivery.state = state;
    this.open -= 1;
    if (this.open > 0) return;
    for (const resolve of this.settleWaiters.splice(0)) resolve();
  }
}
