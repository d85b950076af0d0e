import type { Meter, ObservableGauge } from '@opentelemetry/api';
import { LATE, systemClock, systemTimers, within, type Clock, type Timers } from '../core/index.js';
import { EVENT_STATES, type InboxAdmin } from '../inbox/index.js';
import type { FeedStatus } from '../reconcile/index.js';
import { ATTRIBUTES } from './attributes.js';
import { observedGauge } from './instruments.js';
import { METRICS } from './metric.definitions.js';

export interface ObservedApplication {
  readonly sources: readonly string[];
  readonly admin: Pick<InboxAdmin, 'counts' | 'backlog'>;
  /** Undefined where this process handles nothing. */
  readonly worker: { readonly running: number; readonly concurrency: number } | undefined;
  readonly reconciler: { status(): readonly FeedStatus[] };
  readonly timers?: Pick<Timers, 'after'>;
  readonly clock?: Clock;
}

type Observe = Parameters<Meter['addBatchObservableCallback']>[0];

/** Milliseconds that a collection waits for the database: scrapes of Prometheus end after ten seconds. */
const LONGEST_READ = 3_000;

/**
 * What is asked for whenever metrics are collected. A collection that comes while the database is away goes on
 * without what is read from it.
 * @returns how to stop
 */
export function observeMetrics(meter: Meter, application: ObservedApplication): () => void {
  const stops = [
    observeInbox(meter, application),
    observeFeeds(meter, application),
    observeWorker(meter, application),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Every state of every source, also where it has no event: what is not there cannot be told from a failure. */
function observeInbox(meter: Meter, application: ObservedApplication): () => void {
  const { sources, admin, timers = systemTimers } = application;
  const count = observedGauge(meter, METRICS.eventCount);
  const backlogAge = observedGauge(meter, METRICS.backlogAge);
  const up = observedGauge(meter, METRICS.databaseUp);
  // A source that is configured no more has rows still; SDKs repeat the last value of what is not observed again.
  const seen = new Set(sources);
  const read = async () => ({ counts: await admin.counts(), backlog: await admin.backlog() });
  let underway: ReturnType<typeof read> | undefined;
  return observing(meter, [count, backlogAge, up], async (result) => {
    // One that hangs is waited for again: each further one would hang too, and take its connection.
    underway ??= read().finally(() => (underway = undefined));
    const found = await within(underway, LONGEST_READ, timers).catch((): typeof LATE => LATE);
    result.observe(up, found === LATE ? 0 : 1);
    if (found === LATE) return;
    for (const { source } of [...found.counts, ...found.backlog]) seen.add(source);
    for (const source of seen) {
      const of = { [ATTRIBUTES.source]: source };
      const due = found.backlog.find((each) => each.source === source);
      result.observe(backlogAge, (due?.oldest ?? 0) / 1_000, of);
      for (const state of EVENT_STATES) {
        const counted = found.counts.find((each) => each.source === source && each.state === state);
        result.observe(count, counted?.count ?? 0, { ...of, [ATTRIBUTES.state]: state });
      }
    }
  });
}

/** Of feeds that have had their turn here, also when another replica has taken over, whose value is then the lower one. */
function observeFeeds(
  meter: Meter,
  { reconciler, clock = systemClock }: ObservedApplication,
): () => void {
  const age = observedGauge(meter, METRICS.reconcileAge);
  const started = clock.now();
  return observing(meter, [age], (result) => {
    for (const { source, feed, at, doneAt = started } of reconciler.status()) {
      if (at === undefined) continue;
      const of = { [ATTRIBUTES.source]: source, [ATTRIBUTES.feed]: feed };
      result.observe(age, Math.max(0, clock.now() - doneAt) / 1_000, of);
    }
  });
}

function observeWorker(meter: Meter, { worker }: ObservedApplication): () => void {
  if (!worker) return () => undefined;
  const usage = observedGauge(meter, METRICS.workerUsage);
  const limit = observedGauge(meter, METRICS.workerLimit);
  return observing(meter, [usage, limit], (result) => {
    result.observe(usage, worker.running);
    result.observe(limit, worker.concurrency);
  });
}

/** @returns how to stop */
function observing(meter: Meter, gauges: ObservableGauge[], observe: Observe): () => void {
  meter.addBatchObservableCallback(observe, gauges);
  return () => meter.removeBatchObservableCallback(observe, gauges);
}
