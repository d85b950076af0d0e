import type { DiagnosedAttempt, DiagnosedEvent } from './diagnostics.js';
import type { EventOrigin } from './source-event.js';

/** An event that is about to be stored. */
export interface TracedArrival extends Omit<DiagnosedEvent, 'id'> {
  readonly origin: EventOrigin;
}

/** What became of it. */
export interface TracedResult {
  readonly id: string;
  readonly outcome: 'stored' | 'duplicate';
}

export interface TracedAttempt extends DiagnosedAttempt {
  /** What `storing` gave; null where there was no trace. */
  readonly traceContext: string | null;
}

/** Characters, which must be of ASCII, that are kept with an event. */
export const LONGEST_TRACE_CONTEXT = 128;

/**
 * What follows events from their arrival to their handlers, in whatever process these run. Where the application
 * has none, nothing is called and nothing kept.
 */
export interface Tracing {
  /**
   * Runs `store` as a part of the trace that is active.
   * @param store takes what is to be kept with the event for its attempts; undefined = nothing
   */
  storing<Result extends TracedResult>(
    event: TracedArrival,
    store: (traceContext: string | undefined) => Promise<Result>,
  ): Promise<Result>;
  /** Runs the handlers of an attempt as a trace of its own, which says where the event came from. */
  attempting<Result>(attempt: TracedAttempt, run: () => Promise<Result>): Promise<Result>;
}
