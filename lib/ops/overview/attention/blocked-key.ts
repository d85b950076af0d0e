import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { count } from '../words.js';

const MANY = 100;
/** So many are counted. */
const MOST = 1_000;

/** Events wait behind one of their ordering key that fails time and again. */
export function blockedKey({ blocked }: OverviewFacts): AttentionView | undefined {
  if (!blocked) return undefined;
  const { head, waiting } = blocked;
  return {
    kind: 'blocked-key',
    urgent: waiting >= MANY,
    title: `${count(waiting, 'event', waiting >= MOST)} waiting behind ${head.name} ${head.eventId} of ${head.source}, which keeps failing.`,
    advice: 'Open it: retry it now when its cause is mended, or discard it to let the others go.',
    filter: { source: head.source, text: head.eventId },
  };
}
