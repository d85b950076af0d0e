import type { Clock, Random, Timers } from '../core/index.js';
import type { RateLimiter } from './rate-limiter.js';
import type { CallPriority, RateLimits } from './rate-limits.js';

/** How a client of either service is made. */
export interface ApiClientOptions extends RateLimits {
  readonly apiKey: string;
  /** Ends in `/api/v1`. Default: the service's public one. */
  readonly baseUrl?: string | undefined;
  /** Longest time of one attempt, in milliseconds. Default 10 s; 30 s where something is created. */
  readonly timeout?: number | undefined;
  /**
   * Longest time that a call waits in all for the rate limit and between attempts, in milliseconds.
   * Default 70 s: long enough for the `Retry-After: 60` that the services document.
   */
  readonly maxWait?: number | undefined;
  /** How often a call that failed is tried again where that is safe. Default 3. */
  readonly maxRetries?: number | undefined;
  /** Longest answer that is read, in bytes. Default 10 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** For warnings (a 429, a service that stays away). Default: none. */
  readonly logger?: { warn(message: string): void } | undefined;
  /** Default: one for all clients of the process with the same key and base URL. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** The time of day, for times in answers that have no `Date`. */
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly timers?: Timers | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What a caller may say about one call. */
export interface ApiCallOptions {
  /** Aborts waiting and the request; the call rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time of one attempt, in milliseconds. */
  readonly timeout?: number | undefined;
  /** Longest time to wait for the rate limit and between attempts, in milliseconds. */
  readonly maxWait?: number | undefined;
  /** Default `app`. */
  readonly priority?: CallPriority | undefined;
}

/** What differs between services. */
export interface ServiceProfile {
  /** As people write it. */
  readonly name: string;
  /** The module's option, for errors at boot. */
  readonly option: string;
  /** The public base URL. */
  readonly baseUrl: string;
  readonly backgroundPerMinute?: number;
  /** The headers that carry the key. */
  authorize(apiKey: string): Readonly<Record<string, string>>;
}
