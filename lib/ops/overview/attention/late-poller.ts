import type { AttentionView } from '../../api.types.js';
import { sumOf } from '../minutes.view.js';
import type { OverviewFacts } from '../overview.facts.js';
import { duration, number } from '../words.js';

const MINUTE = 60_000;
const SHORTEST = 10 * MINUTE;
/** What is known of turns. */
const LONGEST = 60 * MINUTE;
const MISSED_POLLS = 3;

/** The source is to be polled, and no replica has done so for long, or each time in vain. */
export function latePoller(facts: OverviewFacts, source: string): AttentionView | undefined {
  const { poller, minutes, now, uptime } = facts;
  const { feeds, gap } = poller;
  if (gap === null || !feeds.some((feed) => feed.source === source)) return undefined;
  const looked = Math.max(SHORTEST, MISSED_POLLS * gap);
  if (looked > LONGEST || uptime < looked) return undefined;
  const turns = (...ends: readonly ('polled' | 'poll-failed' | 'poll-paused')[]): number =>
    sumOf(minutes, source, ends, now - looked);
  const failed = turns('poll-failed');
  const about = { kind: 'poller', urgent: false, filter: null } as const;
  if (turns('polled', 'poll-failed', 'poll-paused') === 0) {
    return {
      ...about,
      title: `No process has polled ${source} for ${duration(looked)}, though it is to be every ${duration(gap)}.`,
      advice:
        'The log says why; until it is mended, a webhook that is lost is not noticed. A process that stands still may hold the poller.',
    };
  }
  if (failed === 0 || turns('polled') > 0) return undefined;
  return {
    ...about,
    title: `Polling ${source} has failed ${number(failed)} times in ${duration(looked)}, and never succeeded.`,
    advice: 'The log says why; until it is mended, a webhook that is lost is not noticed.',
  };
}
