import type { AttentionView } from '../../api.types.js';
import { sumOf } from '../minutes.view.js';
import type { OverviewFacts } from '../overview.facts.js';
import { count, duration } from '../words.js';

const MINUTE = 60_000;
/** What has been due for less may still be begun. */
const OLD = MINUTE;
const STILL_FOR = 3 * MINUTE;

/** Events of the source grow old while nothing of it is handled. */
export function stalledWorker(facts: OverviewFacts, source: string): AttentionView | undefined {
  const { backlog, minutes, now, workers } = facts;
  const waiting = backlog.find((each) => each.source === source);
  if (!waiting || waiting.oldest < OLD) return undefined;
  const due = count(waiting.due, 'event', waiting.more);
  const about = {
    kind: 'stalled-worker',
    urgent: true,
    filter: { source, state: 'open' },
  } as const;
  if (workers === 0) {
    return {
      ...about,
      title: `Of ${source}, ${due} due, and no process runs a worker.`,
      advice: 'Start a process with a worker, and look at why the ones before have ended.',
    };
  }
  const ended = ['handled', 'retried', 'dead', 'ignored'] as const;
  if (sumOf(minutes, source, ended, now - STILL_FOR) > 0) return undefined;
  return {
    ...about,
    title: `Nothing of ${source} was handled for ${duration(STILL_FOR)}, though ${due} due, the oldest for ${duration(waiting.oldest)}.`,
    advice:
      'Look whether handlers hang or wait for a connection; restart a worker that does not answer.',
  };
}
