import type { Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import type { MetricDefinition } from './metric.definitions.js';

/** Seconds: those of the messaging conventions, and on to the longest that a handler is likely to have. */
const BOUNDARIES = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ...[30, 60, 120, 300],
];

export const counter = (meter: Meter, { name, unit, description }: MetricDefinition): Counter =>
  meter.createCounter(name, { unit, description });

export const histogram = (meter: Meter, { name, unit, description }: MetricDefinition): Histogram =>
  meter.createHistogram(name, {
    unit,
    description,
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });

export const observedGauge = (
  meter: Meter,
  { name, unit, description }: MetricDefinition,
): ObservableGauge => meter.createObservableGauge(name, { unit, description });
