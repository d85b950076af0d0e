import { ATTRIBUTES } from './attributes.js';

/** A metric, described once: its instrument and its line in docs/observability.md#metrics follow from that. */
export interface MetricDefinition {
  readonly name: string;
  /** Observed ones are asked for whenever metrics are collected. */
  readonly kind: 'counter' | 'histogram' | 'observed gauge';
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

const { source, event, outcome, reason, state, feed, status } = ATTRIBUTES;
const handled = [
  ATTRIBUTES.system,
  ATTRIBUTES.operation,
  ATTRIBUTES.destination,
  ATTRIBUTES.consumerGroup,
  ATTRIBUTES.errorType,
  event,
] as const;

export const METRICS = {
  processDuration: {
    name: 'messaging.process.duration',
    kind: 'histogram',
    unit: 's',
    description: 'How long a handler took for an event.',
    attributes: handled,
  },
  consumedMessages: {
    name: 'messaging.client.consumed.messages',
    kind: 'counter',
    unit: '{message}',
    description: 'Events that were given to a handler, each attempt once.',
    attributes: handled,
  },
  ingestDuration: {
    name: 'armox_armalo.ingest.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From a request to a webhook route to the end of its answer.',
    attributes: [source, status],
  },
  ingestDeliveries: {
    name: 'armox_armalo.ingest.deliveries',
    kind: 'counter',
    unit: '{delivery}',
    description: 'Requests to webhook routes, by what became of them.',
    attributes: [source, outcome],
  },
  waitDuration: {
    name: 'armox_armalo.event.wait.duration',
    kind: 'histogram',
    unit: 's',
    description: 'From the time an event is due to its claim by a worker.',
    attributes: [source],
  },
  settled: {
    name: 'armox_armalo.event.settled',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that have ended.',
    attributes: [source, event, outcome, reason],
  },
  retries: {
    name: 'armox_armalo.event.retries',
    kind: 'counter',
    unit: '{event}',
    description: 'Attempts after which an event is to be tried again, or was put off by a handler.',
    attributes: [source, event, outcome],
  },
  replays: {
    name: 'armox_armalo.event.replays',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that an operator has replayed.',
    attributes: [],
  },
  leaseLost: {
    name: 'armox_armalo.lease.lost',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that this process had claimed and lost before their end was written.',
    attributes: [source],
  },
  repairs: {
    name: 'armox_armalo.reconcile.repairs',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that the poller had to bring, as no webhook had.',
    attributes: [source, feed],
  },
  eventCount: {
    name: 'armox_armalo.event.count',
    kind: 'observed gauge',
    unit: '{event}',
    description:
      'Events in the inbox, by state; of each stored state at most about 10,000 are counted.',
    attributes: [source, state],
  },
  backlogAge: {
    name: 'armox_armalo.backlog.age',
    kind: 'observed gauge',
    unit: 's',
    description:
      'Since the oldest event that is due and not claimed became so, of the 10,000 oldest; 0 where there is none.',
    attributes: [source],
  },
  reconcileAge: {
    name: 'armox_armalo.reconcile.age',
    kind: 'observed gauge',
    unit: 's',
    description:
      'Since this process last polled a feed to its end; before that, since its start. The least of all replicas counts.',
    attributes: [source, feed],
  },
  databaseUp: {
    name: 'armox_armalo.database.up',
    kind: 'observed gauge',
    unit: '{database}',
    description:
      '1 where the database has answered within 3 s; 0 where what is read from it is old.',
    attributes: [],
  },
  workerUsage: {
    name: 'armox_armalo.worker.usage',
    kind: 'observed gauge',
    unit: '{event}',
    description: 'Events that run in this process, or whose end is being written.',
    attributes: [],
  },
  workerLimit: {
    name: 'armox_armalo.worker.limit',
    kind: 'observed gauge',
    unit: '{event}',
    description: 'Events that may run at once in this process.',
    attributes: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
