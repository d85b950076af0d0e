import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { percent } from '../words.js';

const MUCH = 0.05;
const LEAST = 3;

/** Only the poller has found a part of the source's latest events. */
export function repairedEvents(
  { deliveries }: OverviewFacts,
  source: string,
): AttentionView | undefined {
  const { repairedShare, repaired = 0 } = deliveries.find((each) => each.source === source) ?? {};
  if (repairedShare == null || repairedShare < MUCH || repaired < LEAST) return undefined;
  return {
    kind: 'repaired',
    urgent: false,
    title: `Only the poller found ${percent(repairedShare)} of the latest events of ${source}.`,
    advice: 'Webhooks are lost or late: look at refused deliveries and at the service.',
    filter: { source },
  };
}
