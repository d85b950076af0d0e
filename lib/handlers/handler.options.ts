import type { PayloadClass } from '../core/index.js';

/** When a failed handler is tried again. */
export interface HandlerRetryPolicy {
  /** Attempts in all, the first one included. Default 20. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further wait is `factor` times longer. Default 5,000. */
  readonly delay: number;
  /** Default 3. */
  readonly factor: number;
  /** Longest wait in milliseconds. Default 6 hours. */
  readonly maxDelay: number;
  /** Share of the wait that is random, 0 to 1: 0.15 means ± 15 %. Default 0.15. */
  readonly jitter: number;
}

/** Those of a handler with a `dto` are `HandlerOptions<ThatClass>`. */
export interface HandlerOptions<Dto extends object = never> {
  /**
   * Stable name, kept with every event that the handler has done. Default `Class.method`. Set it to
   * the old name when you rename a class or method, or where two classes share a name.
   */
  readonly name?: string;
  /**
   * Run in a transaction, `context.manager`, whose effects happen exactly once. `'grouped'`: up to 100 events share
   * one, in which the handler is called for one after the other; when it throws for one of them, all are rolled
   * back and run again, each in a transaction of its own. What it does outside the database may so happen once
   * more than without groups. Default false.
   */
  readonly transactional?: boolean | 'grouped';
  /** Milliseconds until the attempt fails and `context.signal` aborts. Default 60,000. */
  readonly timeout?: number;
  /** Replaces parts of the module's retry policy for this handler. */
  readonly retry?: Partial<HandlerRetryPolicy>;
  /**
   * `'skip'`: an event that is older, by the sender's own time, than one of the same ordering key that
   * this handler has already applied is not run. Needs the source's option `orderingKey`. An event without
   * a sender's time or an ordering key runs. Default: events run in order of arrival, however old.
   */
  readonly stale?: 'skip';
  /**
   * A class with the decorators of class-validator and class-transformer; the event's `data` or `job` is an
   * instance of it, which keeps fields without a rule. An event that breaks a rule, or is nested deeper than
   * 100 levels or holds more than 10,000 values there, ends `dead` at once, reason `invalid-payload`. What a
   * rule throws is a failed attempt. Default: the plain object.
   */
  readonly dto?: PayloadClass<Dto>;
}
