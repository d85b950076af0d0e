import { createTraceState, TraceFlags, type SpanContext } from '@opentelemetry/api';
import { LONGEST_TRACE_CONTEXT } from '../core/index.js';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?: (.+))?$/;

/**
 * A `traceparent` of W3C's, and behind a blank the `tracestate` where it is short enough. Undefined for a span that
 * is not sampled: there is nothing to link to.
 */
export function storedContext({ traceId, spanId, traceFlags, traceState }: SpanContext) {
  if ((traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  const parent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const state = traceState?.serialize();
  const both = `${parent} ${state}`;
  return state && both.length <= LONGEST_TRACE_CONTEXT ? both : parent;
}

/** @returns undefined for what `storedContext` does not write */
export function readContext(stored: string): SpanContext | undefined {
  const [, traceId, spanId, flags, state] = TRACEPARENT.exec(stored) ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(state && { traceState: createTraceState(state) }),
  };
}
