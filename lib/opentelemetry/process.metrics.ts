import type { Meter } from '@opentelemetry/api';
import { listenTo } from './diagnostic.listeners.js';
import { eventMetrics } from './event.metrics.js';
import type { KnownEvents } from './known.events.js';

/** The channels are the process's, so two applications in it that both listened would count every step twice. */
const applications = new Set<KnownEvents>();
let stop: (() => void) | undefined;

const known: Pick<KnownEvents, 'has'> = {
  has: (source, name) => [...applications].some((events) => events.has(source, name)),
};

/**
 * Counts what happens in this process, once, however many of its applications ask.
 * @param meter of the first one is taken
 * @returns how to leave; the last one stops it
 */
export function joinProcessMetrics(meter: Meter, events: KnownEvents): () => void {
  applications.add(events);
  stop ??= listenTo(eventMetrics(meter, known));
  return () => {
    applications.delete(events);
    if (applications.size > 0) return;
    stop?.();
    stop = undefined;
  };
}
