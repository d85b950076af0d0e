import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { blockedKey } from './blocked-key.js';
import { deadEvents } from './dead-events.js';
import { growingBacklog } from './growing-backlog.js';
import { latePoller } from './late-poller.js';
import { oldTransaction } from './old-transaction.js';
import { repairedEvents } from './repaired-events.js';
import { silentWebhook } from './silent-webhook.js';
import { stalledWorker } from './stalled-worker.js';

/** Looks at the facts of one source for one thing that somebody should do something about. */
type CauseOfSource = (facts: OverviewFacts, source: string) => AttentionView | undefined;

const OF_A_SOURCE: readonly CauseOfSource[] = [
  stalledWorker,
  deadEvents,
  silentWebhook,
  growingBacklog,
  repairedEvents,
  latePoller,
];

/** The same for all sources together. */
type Cause = (facts: OverviewFacts) => AttentionView | undefined;

const OF_ALL: readonly Cause[] = [blockedKey, oldTransaction];

/** Urgent ones first. */
export function attentionTo(facts: OverviewFacts): readonly AttentionView[] {
  const found = [
    ...OF_A_SOURCE.flatMap((cause) => facts.sources.map((source) => cause(facts, source))),
    ...OF_ALL.map((cause) => cause(facts)),
  ].filter((each) => each !== undefined);
  return [...found.filter(({ urgent }) => urgent), ...found.filter(({ urgent }) => !urgent)];
}
