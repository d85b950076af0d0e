import type { IncomingMessage } from 'node:http';
import type { ApiFaults } from './api-faults.js';
import type { DeliveryFaults } from './delivery-faults.js';
import { DEFAULT_RETRY, DeliveryQueue, type DeliveryRecord } from './delivery-queue.js';
import type { ApiReply, ApiRoutes } from './sandbox-routes.js';
import { SandboxServer, type ApiCounts } from './sandbox-server.js';
import { ManualTimers } from './manual-timers.js';
import { surroundings, type SandboxOptions, type SandboxSurroundings } from './sandbox.options.js';

/** What both sandboxes can do. */
export abstract class Sandbox {
  protected readonly world: SandboxSurroundings;
  protected readonly queue: DeliveryQueue;
  private readonly server: SandboxServer;
  private readonly alarms = new Set<() => void>();

  protected constructor(
    readonly apiKey: string,
    rateLimit: number,
    options: SandboxOptions,
  ) {
    this.world = surroundings(options);
    const { timers, random } = this.world;
    const retry = { ...DEFAULT_RETRY, ...options.retry };
    this.queue = new DeliveryQueue(timers, random, retry, options.faults ?? {});
    this.server = new SandboxServer({
      ...this.world,
      rateLimit,
      routes: this.routes(),
      authenticate: (request, route) => this.authenticate(request, route),
    });
    this.server.faults = options.apiFaults ?? {};
  }

  /** Base URL of the API, ending in `/api/v1`. */
  get url(): string {
    return this.server.url;
  }

  /** Every webhook so far. */
  get deliveries(): readonly DeliveryRecord[] {
    return this.queue.deliveries;
  }

  /** What callers of the API did so far. */
  get calls(): ApiCounts {
    return this.server.counts;
  }

  set faults(faults: DeliveryFaults) {
    this.queue.faults = faults;
  }

  set apiFaults(faults: ApiFaults) {
    this.server.faults = faults;
  }

  async start(): Promise<this> {
    await this.server.start();
    return this;
  }

  /** Stops the server and everything that is still to happen. */
  async stop(): Promise<void> {
    for (const callOff of this.alarms) callOff();
    this.alarms.clear();
    this.queue.stop();
    await this.server.stop();
  }

  /** Resolves once every webhook so far is answered 2xx, dropped, or given up. */
  async settled(): Promise<void> {
    await this.queue.settled();
  }

  /** Lets time pass for a sandbox made with `ManualTimers`. */
  advance(ms: number): void {
    const { timers } = this.world;
    if (!(timers instanceof ManualTimers)) {
      throw new Error(
        'This sandbox lives in real time. Make it with `timers: new ManualTimers()`.',
      );
    }
    timers.advance(ms);
  }

  protected abstract routes(): ApiRoutes;
  protected abstract authenticate(request: IncomingMessage, route: string): string | ApiReply;

  protected isoNow(): string {
    return new Date(this.world.timers.now()).toISOString();
  }

  /** Runs `work` in `ms` milliseconds, unless the sandbox is stopped before; at once for 0. */
  protected later(ms: number, work: () => void): void {
    if (ms <= 0) return work();
    const callOff = this.world.timers.after(ms, () => {
      this.alarms.delete(callOff);
      work();
    });
    this.alarms.add(callOff);
  }
}
