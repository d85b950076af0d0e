import type { Attributes, Meter } from '@opentelemetry/api';
import {
  systemClock,
  type Clock,
  type DiagnosticListeners,
  type RefusalReason,
} from '../core/index.js';
import { UNKNOWN_EVENT, type KnownEvents } from './known.events.js';
import { ATTRIBUTES, SYSTEM } from './attributes.js';
import { counter, histogram } from './instruments.js';
import { METRICS } from './metric.definitions.js';

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

/** What may become of a request to a webhook route. */
export const DELIVERY_OUTCOMES = ['stored', 'duplicate', ...Object.values(REFUSED_AS)] as const;

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
