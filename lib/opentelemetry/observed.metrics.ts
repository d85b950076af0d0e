import type { Meter, ObservableGauge } from '@opentelemetry/api';
import { EVENT_STATES, type InboxAdmin } from '../inbox/index.js';
import { ATTRIBUTES } from './attributes.js';
import { METRICS, type MetricDefinition } from './metric.definitions.js';

export interface ObservedApplication {
  readonly sources: readonly string[];
  readonly admin: Pick<InboxAdmin, 'counts'>;
  /** Undefined where this process handles nothing. */
  readonly worker: { readonly running: number; readonly concurrency: number } | undefined;
}

/**
 * What is asked for whenever metrics are collected. A collection that comes while the database is away goes on
 * without what is read from it.
 * @returns how to stop
 */
export function observeMetrics(meter: Meter, application: ObservedApplication): () => void {
  const stops = [observeEvents(meter, application), observeWorker(meter, application)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Every state of every source, also where it has no event: what is not there cannot be told from a failure. */
function observeEvents(meter: Meter, { sources, admin }: ObservedApplication): () => void {
  const gauge = gaugeOf(meter, METRICS.eventCount);
  const observe: Parameters<typeof gauge.addCallback>[0] = async (result) => {
    const counts = await admin.counts();
    for (const source of new Set([...sources, ...counts.map((each) => each.source)])) {
      for (const state of EVENT_STATES) {
        const found = counts.find((each) => each.source === source && each.state === state);
        const attributes = { [ATTRIBUTES.source]: source, [ATTRIBUTES.state]: state };
        result.observe(found?.count ?? 0, attributes);
      }
    }
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}

function observeWorker(meter: Meter, { worker }: ObservedApplication): () => void {
  if (!worker) return () => undefined;
  const usage = gaugeOf(meter, METRICS.workerUsage);
  const limit = gaugeOf(meter, METRICS.workerLimit);
  const observe: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    result.observe(usage, worker.running);
    result.observe(limit, worker.concurrency);
  };
  meter.addBatchObservableCallback(observe, [usage, limit]);
  return () => meter.removeBatchObservableCallback(observe, [usage, limit]);
}

const gaugeOf = (meter: Meter, { name, unit, description }: MetricDefinition): ObservableGauge =>
  meter.createObservableGauge(name, { unit, description });
