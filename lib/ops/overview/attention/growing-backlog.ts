import type { AttentionView } from '../../api.types.js';
import { sumOf } from '../minutes.view.js';
import type { OverviewFacts } from '../overview.facts.js';
import { count, duration, number } from '../words.js';

const MINUTE = 60_000;
const OLD = 5 * MINUTE;
const LOOKED_AT = 15 * MINUTE;

/** More of the source comes than the workers end, so that what is due grows old. */
export function growingBacklog(facts: OverviewFacts, source: string): AttentionView | undefined {
  const { backlog, minutes, now } = facts;
  const waiting = backlog.find((each) => each.source === source);
  if (!waiting || waiting.oldest < OLD) return undefined;
  const since = now - LOOKED_AT;
  const came = sumOf(minutes, source, ['received'], since);
  const ended = sumOf(minutes, source, ['handled', 'ignored', 'dead'], since);
  // Where nothing ends, a worker stands still.
  if (ended === 0 || came <= ended) return undefined;
  return {
    kind: 'backlog',
    urgent: false,
    title: `Of ${source}, ${count(waiting.due, 'event', waiting.more)} due, the oldest for ${duration(waiting.oldest)}; in ${duration(LOOKED_AT)} ${number(came)} came and ${number(ended)} ended.`,
    advice: 'Add a replica or raise `worker.concurrency`; look for a handler that has become slow.',
    filter: { source, state: 'open' },
  };
}
