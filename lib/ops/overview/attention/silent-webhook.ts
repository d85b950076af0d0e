import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { duration } from '../words.js';

/** So many times its usual gap. */
const TIMES = 20;
/** However usual shorter gaps are. */
const SHORTEST = 600_000;

/** No webhook of the source has come for far longer than is usual. */
export function silentWebhook(
  { deliveries }: OverviewFacts,
  source: string,
): AttentionView | undefined {
  const delivery = deliveries.find((each) => each.source === source);
  const { silence, lastWebhookAge, usualGap } = delivery ?? {};
  if (silence == null || lastWebhookAge == null || usualGap == null) return undefined;
  if (silence < TIMES || lastWebhookAge < SHORTEST) return undefined;
  return {
    kind: 'silent-webhook',
    urgent: true,
    title: `No webhook of ${source} came for ${duration(lastWebhookAge)}; usually one comes every ${duration(usualGap)}.`,
    advice:
      'See whether the webhook is still registered at the service, and whether it reaches this application.',
    filter: { source },
  };
}
