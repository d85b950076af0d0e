import { diagnose, systemClock, systemRandom, systemTimers } from '../core/index.js';
import type { Clock, Random, Timers } from '../core/index.js';
import type { ApiClientOptions, ApiCallOptions, ServiceProfile } from './api-client.options.js';
import { checkApiKey } from './api-key.js';
import { ApiRateLimitedError, ApiUnexpectedResponseError } from './api.errors.js';
import type { ApiError, FailedCall } from './api.errors.js';
import { joinUrl, parseBaseUrl } from './base-url.js';
import type { Query } from './base-url.js';
import { exchange } from './exchange.js';
import type { WireAnswer, WireOutcome } from './exchange.js';
import { failure, unusable } from './failure.js';
import { pauseAfter429, readHttpDate, readRateHeaders } from './rate-headers.js';
import { RateWaitTooLong } from './rate-limiter.js';
import type { RateLimiter, RateSlot } from './rate-limiter.js';
import type { RateState } from './rate-limits.js';
import { readRedirect } from './redirect.js';
import { backoffMs, mayRetry } from './retry.policy.js';
import { sharedRateLimiter } from './shared-rate-limiter.js';

/** One operation of a service's API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base URL; ids encoded by `pathId`. */
  readonly path: string;
  readonly query?: Query | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Whether it may be sent again after a failure that leaves open if it took effect. Default: GETs. */
  readonly repeatable?: boolean | undefined;
  /** Default timeout of this operation, in milliseconds. */
  readonly timeout?: number | undefined;
  /** What to do about a status, where this call knows better than the general advice. */
  readonly hints?: Readonly<Record<number, string>> | undefined;
}

/** A 2xx. */
export interface ApiAnswer {
  readonly status: number;
  /** The JSON of the body; undefined where the body is empty. */
  readonly body: unknown;
  /** Epoch milliseconds by the service's own clock; undefined where it does not say. */
  readonly date: number | undefined;
  /** The error to throw when the body is not as documented. */
  unusable(problem: string): ApiError;
}

const GET_TIMEOUT_MS = 10_000;
const TIMEOUT_MS = 30_000;
const MAX_WAIT_MS = 70_000;
const MAX_RETRIES = 3;
const MAX_RESPONSE_BYTES = 10 * 1024 * 1024;

/** How far one call has come. */
interface Progress {
  url: URL;
  retries: number;
  redirects: number;
  waitLeftMs: number;
}

/** Sends the calls of one key: rate limit, timeouts, safe retries, redirects, errors. */
export class ApiTransport {
  readonly baseUrl: URL;
  private readonly limiter: RateLimiter;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly timers: Timers;

  /** @throws ArmoxArmaloConfigurationError when the key or the base URL cannot be one */
  constructor(
    private readonly service: ServiceProfile,
    private readonly options: ApiClientOptions,
  ) {
    checkApiKey(options.apiKey, `${service.option}.apiKey`);
    this.baseUrl = parseBaseUrl(options.baseUrl ?? service.baseUrl, `${service.option}.baseUrl`);
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom;
    this.timers = options.timers ?? systemTimers;
    this.limiter =
      options.rateLimiter ??
      sharedRateLimiter(this.baseUrl, options.apiKey, this.timers, {
        requestsPerMinute: options.requestsPerMinute,
        backgroundShare: options.backgroundShare,
        backgroundPerMinute: options.backgroundPerMinute ?? service.backgroundPerMinute,
      });
  }

  /** How much of the key's rate limit is used, for health pages. */
  rateState(): RateState {
    return this.limiter.state();
  }

  /**
   * @throws ApiError one of its subclasses
   * @throws the signal's reason, when the call is aborted before it could have had an effect
   */
  async send(call: ApiCall, options: ApiCallOptions = {}): Promise<ApiAnswer> {
    const progress: Progress = {
      url: joinUrl(this.baseUrl, call.path, call.query),
      retries: 0,
      redirects: 0,
      waitLeftMs: options.maxWait ?? this.options.maxWait ?? MAX_WAIT_MS,
    };
    for (;;) {
      const outcome = await this.attempt(call, progress, options);
      if (outcome.kind === 'answer' && this.follow(call, progress, outcome.answer)) continue;
      if (await this.prepareRetry(call, progress, outcome, options.signal)) continue;
      return this.conclude(call, outcome);
    }
  }

  private async attempt(
    call: ApiCall,
    progress: Progress,
    options: ApiCallOptions,
  ): Promise<WireOutcome> {
    const slot = await this.acquire(call, progress, options);
    const began = this.timers.now();
    let outcome: WireOutcome | undefined;
    try {
      outcome = await exchange(
        {
          url: progress.url,
          method: call.method,
          headers: this.headers(call),
          body: call.body === undefined ? undefined : JSON.stringify(call.body),
          timeout: this.timeout(call, options),
          maxBytes: this.options.maxResponseBytes ?? MAX_RESPONSE_BYTES,
          signal: options.signal,
        },
        this.options.fetch ?? globalThis.fetch,
        this.timers,
      );
      this.diagnoseAttempt(call, progress.retries, outcome, began);
      return outcome;
    } finally {
      slot.done(outcome?.kind === 'answer' ? this.tellOfRate(call, outcome.answer) : undefined);
    }
  }

  private diagnoseAttempt(call: ApiCall, retry: number, outcome: WireOutcome, began: number): void {
    const status = outcome.kind === 'answer' ? outcome.answer.status : null;
    diagnose('api-call', () => {
      const duration = this.timers.now() - began;
      return { ...this.describe(call), retry, outcome: outcome.kind, status, duration };
    });
  }

  private async acquire(
    call: ApiCall,
    progress: Progress,
    { priority = 'app', signal }: ApiCallOptions,
  ): Promise<RateSlot> {
    const started = this.timers.now();
    try {
      return await this.limiter.acquire(priority, progress.waitLeftMs, signal);
    } catch (error) {
      if (!(error instanceof RateWaitTooLong)) throw error;
      throw new ApiRateLimitedError(this.describe(call), error.retryAfterMs);
    } finally {
      progress.waitLeftMs = Math.max(0, progress.waitLeftMs - (this.timers.now() - started));
    }
  }

  private timeout(call: ApiCall, options: ApiCallOptions): number {
    return (
      options.timeout ??
      call.timeout ??
      this.options.timeout ??
      (call.method === 'GET' ? GET_TIMEOUT_MS : TIMEOUT_MS)
    );
  }

  private headers(call: ApiCall): Record<string, string> {
    return {
      accept: 'application/json',
      'user-agent': 'nestjs-armox-armalo',
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
      ...this.service.authorize(this.options.apiKey),
    };
  }

  private tellOfRate(call: ApiCall, { status, headers }: WireAnswer) {
    const rate = readRateHeaders(headers, this.clock.now());
    // Once a pause: the calls that were under way with this one are refused too.
    if (status === 429 && this.limiter.state().pausedForMs === undefined) {
      const seconds = Math.ceil(pauseAfter429(rate) / 1000);
      this.options.logger?.warn(
        `${this.service.name} answered 429 to ${nameOf(call)}: all calls with this key wait for ${seconds} s.`,
      );
    }
    return { status, rate };
  }

  /** Whether the call goes on at another URL. */
  private follow(call: ApiCall, progress: Progress, { status, headers }: WireAnswer): boolean {
    const location = headers.get('location');
    if (status < 300 || status > 399 || !location) return false;
    const redirect = readRedirect(call.method, progress.url, location, progress.redirects);
    if ('problem' in redirect) {
      throw new ApiUnexpectedResponseError({ ...this.describe(call), status }, redirect.problem);
    }
    progress.url = redirect.to;
    progress.redirects += 1;
    return true;
  }

  /** Whether there is another attempt, after the wait that it needs. */
  private async prepareRetry(
    call: ApiCall,
    progress: Progress,
    outcome: WireOutcome,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const retriesLeft = (this.options.maxRetries ?? MAX_RETRIES) - progress.retries;
    if (retriesLeft <= 0 || !mayRetry(outcome, isRepeatable(call))) return false;
    progress.retries += 1;
    const headers = outcome.kind === 'answer' ? outcome.answer.headers : new Headers();
    const rate = readRateHeaders(headers, this.clock.now());
    const wait = backoffMs(outcome, rate, progress.retries, this.random);
    if (wait > progress.waitLeftMs) return false;
    // After a 429 it is the limiter that makes this call, and all others of the key, wait.
    if (outcome.kind === 'answer' && outcome.answer.status === 429) return true;
    progress.waitLeftMs -= wait;
    await this.timers.sleep(wait, signal);
    return true;
  }

  private conclude(call: ApiCall, outcome: WireOutcome): ApiAnswer {
    const context = {
      call: this.describe(call),
      repeatable: isRepeatable(call),
      apiKey: this.options.apiKey,
      hints: call.hints ?? {},
      now: this.clock.now(),
    };
    const answer = outcome.kind === 'answer' ? outcome.answer : undefined;
    const body =
      answer && answer.status >= 200 && answer.status < 300 ? readJson(answer) : undefined;
    if (!answer || !body) throw failure(outcome, context);
    return {
      status: answer.status,
      body: body.json,
      date: readHttpDate(answer.headers.get('date')),
      unusable: (problem) => unusable(problem, answer, context),
    };
  }

  private describe(call: ApiCall): FailedCall {
    return { service: this.service.name, request: nameOf(call) };
  }
}

function nameOf({ method, path }: ApiCall): string {
  return `${method} ${path}`;
}

function isRepeatable({ method, repeatable }: ApiCall): boolean {
  return repeatable ?? method === 'GET';
}

function readJson({ text, tooLarge }: WireAnswer): { json: unknown } | undefined {
  if (tooLarge) return undefined;
  if (text.trim() === '') return { json: undefined };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
