import {
  listenTo,
  type Clock,
  type DiagnosticListeners,
  type DiagnosticMessages,
} from '../../core/index.js';
import { timeBucket } from './handler.times.js';
import type { MinuteMemory } from './minute.memory.js';
import type { RedeliveryMemory } from './redelivery.memory.js';
import { SERIES_PLACES, TIME_SERIES, type Series } from './series.js';

const placeOf = (series: Series): number => SERIES_PLACES.get(series) as number;

const RECEIVED = placeOf('received');
const DUPLICATE = placeOf('duplicate');
const DEAD = placeOf('dead');
const REFUSED = placeOf('refused');
const REPAIRED = placeOf('repaired');
const FIRST_TIME = placeOf(TIME_SERIES[0] as Series);

/** How an attempt ended; what died of it is told of by itself, with what died without one. */
const SETTLED: Readonly<Record<DiagnosticMessages['settled']['outcome'], number | undefined>> = {
  done: placeOf('handled'),
  ignored: placeOf('ignored'),
  retry: placeOf('retried'),
  postponed: placeOf('retried'),
  dead: undefined,
};

/** How a feed's turn ended. */
const POLLED: Readonly<Record<DiagnosticMessages['polled']['outcome'], number>> = {
  done: placeOf('polled'),
  failed: placeOf('poll-failed'),
  'rate-limited': placeOf('poll-failed'),
  paused: placeOf('poll-paused'),
};

/** Counts in memory what happens in this process; an event costs it less than a microsecond. */
export class EventCounter {
  private stopListening = (): void => undefined;

  constructor(
    private readonly memory: MinuteMemory,
    private readonly redeliveries: RedeliveryMemory,
    private readonly time: Clock,
  ) {}

  start(): void {
    this.stopListening = listenTo(this.counting);
  }

  stop(): void {
    this.stopListening();
  }

  private readonly counting: DiagnosticListeners = {
    stored: ({ source, origin }) => {
      this.add(source, RECEIVED);
      if (origin === 'poll') this.add(source, REPAIRED);
    },
    duplicate: ({ id, source, origin }) => {
      // The poller sees again what the webhooks have brought, at each turn.
      if (origin !== 'webhook') return;
      this.add(source, DUPLICATE);
      this.redeliveries.add(id, this.time.now());
    },
    refused: ({ source }) => this.add(source, REFUSED),
    'handler-ended': ({ source, outcome, duration }) => {
      // What was stopped did not take its time, and what was invalid none.
      if (outcome === 'stopped' || outcome === 'invalid') return;
      this.add(source, FIRST_TIME + timeBucket(duration));
    },
    settled: ({ source, outcome }) => {
      const place = SETTLED[outcome];
      if (place !== undefined) this.add(source, place);
    },
    dead: ({ source }) => this.add(source, DEAD),
    polled: ({ source, outcome }) => this.add(source, POLLED[outcome]),
  };

  private add(source: string, place: number): void {
    this.memory.add(this.time.now(), source, place);
  }
}
