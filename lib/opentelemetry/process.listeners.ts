import type { Meter, Tracer } from '@opentelemetry/api';
import { listenTo } from '../core/index.js';
import { attemptErrors } from './attempt.errors.js';
import { batchSpans } from './batch.spans.js';
import { eventMetrics } from './event.metrics.js';
import type { KnownEvents } from './known.events.js';

/** The channels are the process's, so two applications in it that both listened would count every step twice. */
const applications = new Set<KnownEvents>();
let stops: readonly (() => void)[] = [];

const known: Pick<KnownEvents, 'has'> = {
  has: (source, name) => [...applications].some((events) => events.has(source, name)),
};

/**
 * Listens to what happens in this process, once, however many of its applications ask.
 * @param meter as `tracer`, that of the first one is taken
 * @returns how to leave; the last one stops it
 */
export function joinProcessListeners(
  meter: Meter,
  tracer: Tracer,
  events: KnownEvents,
): () => void {
  if (applications.size === 0) {
    stops = [eventMetrics(meter, known), attemptErrors, batchSpans(tracer)].map(listenTo);
  }
  applications.add(events);
  return () => {
    applications.delete(events);
    if (applications.size > 0) return;
    for (const stop of stops) stop();
    stops = [];
  };
}
