import type { Meter } from '@opentelemetry/api';
import type { FeedStatus } from '../reconcile/index.js';
import { ATTRIBUTES } from './attributes.js';
import { DELIVERY_OUTCOMES } from './event.metrics.js';
import { counter } from './instruments.js';
import { METRICS } from './metric.definitions.js';

/** Of what a rate is looked at though it is rare. A rate does not see the event that a series begins with. */
export function beginAtZero(
  meter: Meter,
  sources: readonly string[],
  feeds: readonly Pick<FeedStatus, 'source' | 'feed'>[],
): void {
  const deliveries = counter(meter, METRICS.ingestDeliveries);
  const leaseLost = counter(meter, METRICS.leaseLost);
  const repairs = counter(meter, METRICS.repairs);
  for (const source of sources) {
    const of = { [ATTRIBUTES.source]: source };
    leaseLost.add(0, of);
    for (const outcome of DELIVERY_OUTCOMES) {
      deliveries.add(0, { ...of, [ATTRIBUTES.outcome]: outcome });
    }
  }
  for (const { source, feed } of feeds) {
    repairs.add(0, { [ATTRIBUTES.source]: source, [ATTRIBUTES.feed]: feed });
  }
}
