/** `background`: the poller and its like, which leave room for the application's own calls. */
export type CallPriority = 'app' | 'background';

export interface RateLimits {
  /** Never more calls in 60 s than this, whatever the service allows. Default: what its headers say. */
  readonly requestsPerMinute?: number | undefined;
  /** Share of the limit that background calls may use, 0 to 1. Default 0.5. */
  readonly backgroundShare?: number | undefined;
  /** Never more background calls in 60 s than this. Default: what the service documents, if anything. */
  readonly backgroundPerMinute?: number | undefined;
}

/** What a health page may show. */
export interface RateState {
  /** Calls per 60 s; undefined until the service or an option has said so. */
  readonly limit: number | undefined;
  readonly used: number;
  readonly waiting: number;
  /** Milliseconds for which the service still asks to send nothing; undefined when it does not. */
  readonly pausedForMs: number | undefined;
}
