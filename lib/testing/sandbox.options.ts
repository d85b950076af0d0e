import { systemRandom, type Random } from '../core/index.js';
import type { ApiFaults } from './api-faults.js';
import type { DeliveryFaults } from './delivery-faults.js';
import type { DeliveryRetry } from './delivery-queue.js';
import { timeOfDay, type SandboxTimers } from './sandbox-timers.js';

/** What both sandboxes can be told. */
export interface SandboxOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** The API key that is accepted. */
  readonly apiKey?: string;
  /** Calls in a rolling minute. */
  readonly rateLimit?: number;
  /** Default: the time of day. `new ManualTimers()` makes time pass by hand. */
  readonly timers?: SandboxTimers;
  /** Decides faults, ids and jitter. Default: `Math.random`. */
  readonly random?: Random;
  /** How deliveries are mistreated; can be changed later. */
  readonly faults?: DeliveryFaults;
  /** How API calls are mistreated; can be changed later. */
  readonly apiFaults?: ApiFaults;
  readonly retry?: Partial<DeliveryRetry>;
}

export interface SandboxSurroundings {
  readonly host: string;
  readonly port: number;
  readonly timers: SandboxTimers;
  readonly random: Random;
}

export function surroundings(options: SandboxOptions): SandboxSurroundings {
  const { host = '127.0.0.1', port = 0, timers = timeOfDay, random = systemRandom } = options;
  return { host, port, timers, random };
}

/** `digits` lower-case hex digits. */
export function randomHex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** An id as the newer pages show them. */
export function randomUuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => randomHex(random, digits)).join('-');
}
