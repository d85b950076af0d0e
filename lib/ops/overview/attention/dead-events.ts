import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { number } from '../words.js';

/** In an hour. */
const MANY = 10;

/** Events of the source have died in the last hour, and are not replayed yet. */
export function deadEvents({ errors }: OverviewFacts, source: string): AttentionView | undefined {
  const groups = errors.groups.filter((group) => group.source === source);
  const [most] = groups;
  if (!most) return undefined;
  const died = groups.reduce((sum, group) => sum + group.count, 0);
  return {
    kind: 'dead',
    urgent: died >= MANY,
    title: `${number(died, errors.more)} ${died === 1 ? 'event' : 'events'} of ${source} died in the last hour, ${samePart(died, most.count)}at ${most.name}.`,
    advice: 'Read the error, mend what it says, and replay the group as a ramp.',
    filter: { source, state: 'dead', fingerprint: most.fingerprint },
  };
}

function samePart(died: number, same: number): string {
  if (died === 1) return '';
  return `${same === died ? 'all' : number(same)} of them with the same error, `;
}
