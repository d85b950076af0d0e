import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';
import {
  systemClock,
  type Clock,
  type DiagnosticListeners,
  type RefusalReason,
} from '../core/index.js';
import { UNKNOWN_EVENT, type KnownEvents } from './known.events.js';
import { ATTRIBUTES, SYSTEM } from './attributes.js';
import { METRICS, type MetricDefinition } from './metric.definitions.js';

/** Seconds: those of the messaging conventions, and on to the longest that a handler is likely to have. */
const BOUNDARIES = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ...[30, 60, 120, 300],
];

/** What senders, and those who are none, are told of as. */
const REFUSED_AS: Readonly<Record<RefusalReason, string>> = {
  rejected: 'forged',
  refused: 'refused',
  unreadable: 'unreadable',
  'too-large': 'too_large',
  malformed: 'malformed',
  unavailable: 'unavailable',
  failed: 'failed',
};

const { source: SOURCE, event: EVENT, outcome: OUTCOME, reason: REASON } = ATTRIBUTES;

/** What is counted and timed as it happens. */
export function eventMetrics(
  meter: Meter,
  known: Pick<KnownEvents, 'has'>,
  clock: Clock = systemClock,
): DiagnosticListeners {
  const processDuration = histogram(meter, METRICS.processDuration);
  const consumedMessages = counter(meter, METRICS.consumedMessages);
  const ingestDuration = histogram(meter, METRICS.ingestDuration);
  const deliveries = counter(meter, METRICS.ingestDeliveries);
  const waitDuration = histogram(meter, METRICS.waitDuration);
  const settled = counter(meter, METRICS.settled);
  const retries = counter(meter, METRICS.retries);
  const replays = counter(meter, METRICS.replays);
  const leaseLost = counter(meter, METRICS.leaseLost);
  const repairs = counter(meter, METRICS.repairs);

  const eventOf = ({ source, name }: { source: string; name: string }): Attributes => ({
    [SOURCE]: source,
    [EVENT]: known.has(source, name) ? name : UNKNOWN_EVENT,
  });
  const delivered = (source: string, outcome: string): void =>
    deliveries.add(1, { [SOURCE]: source, [OUTCOME]: outcome });

  return {
    answered: ({ source, status, duration }) =>
      ingestDuration.record(duration / 1_000, { [SOURCE]: source, [ATTRIBUTES.status]: status }),
    refused: ({ source, reason }) => delivered(source, REFUSED_AS[reason]),
    stored: ({ source, origin }) => {
      if (origin === 'webhook') delivered(source, 'stored');
    },
    duplicate: ({ source, origin }) => {
      if (origin === 'webhook') delivered(source, 'duplicate');
    },
    claimed: ({ source, dueAt }) =>
      waitDuration.record(Math.max(0, clock.now() - dueAt) / 1_000, { [SOURCE]: source }),
    'handler-ended': ({ source, name, handler, outcome, errorType, duration }) => {
      const attributes: Attributes = {
        [ATTRIBUTES.system]: SYSTEM,
        [ATTRIBUTES.operation]: 'process',
        [ATTRIBUTES.destination]: source,
        [ATTRIBUTES.consumerGroup]: handler,
        [EVENT]: known.has(source, name) ? name : UNKNOWN_EVENT,
        ...(outcome !== 'done' && { [ATTRIBUTES.errorType]: errorType ?? outcome }),
      };
      processDuration.record(duration / 1_000, attributes);
      consumedMessages.add(1, attributes);
    },
    settled: (message) => {
      const { outcome, reason } = message;
      const attributes = { ...eventOf(message), [OUTCOME]: outcome };
      if (outcome === 'retry' || outcome === 'postponed') retries.add(1, attributes);
      // Of those that are dead another channel tells, also where no worker has ended them.
      else if (outcome !== 'dead') {
        settled.add(1, { ...attributes, ...(reason !== undefined && { [REASON]: reason }) });
      }
    },
    dead: (message) =>
      settled.add(1, { ...eventOf(message), [OUTCOME]: 'dead', [REASON]: message.reason }),
    replayed: ({ count }) => replays.add(count),
    'lease-lost': ({ source }) => leaseLost.add(1, { [SOURCE]: source }),
    polled: ({ source, feed, repaired }) =>
      repairs.add(repaired, { [SOURCE]: source, [ATTRIBUTES.feed]: feed }),
  };
}

const counter = (meter: Meter, { name, unit, description }: MetricDefinition): Counter =>
  meter.createCounter(name, { unit, description });

const histogram = (meter: Meter, { name, unit, description }: MetricDefinition): Histogram =>
  meter.createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
