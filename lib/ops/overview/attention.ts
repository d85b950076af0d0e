import type { AttentionView } from '../api.types.js';
import { sumOf } from './minutes.view.js';
import type { OverviewFacts } from './overview.facts.js';
import { count, duration, percent } from './words.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A pure look at the facts: what somebody should do something about. */
type Cause = (facts: OverviewFacts) => readonly AttentionView[];

const noWorker: Cause = ({ workers, backlog }) => {
  const due = backlog.reduce((sum, each) => sum + each.due, 0);
  if (workers > 0 || due === 0) return [];
  return [
    {
      kind: 'stalled-worker',
      urgent: true,
      title: `${count(due, 'event')} due, and no process runs a worker.`,
      advice:
        'Start a process without `worker: false`, and look at why the ones before have ended.',
      filter: { state: 'open' },
    },
  ];
};

const OLD = MINUTE;

const stalledWorker: Cause = ({ backlog, minutes, now, workers }) =>
  backlog.flatMap(({ source, due, oldest, more }) => {
    const since = now - 3 * MINUTE;
    const moves = (['handled', 'retried', 'dead', 'ignored'] as const).some(
      (series) => sumOf(minutes, source, series, since) > 0,
    );
    if (workers === 0 || moves || oldest < OLD) return [];
    return [
      {
        kind: 'stalled-worker',
        urgent: true,
        title: `Nothing of ${source} was handled for three minutes, though ${count(due, 'event', more)} due, the oldest for ${duration(oldest)}.`,
        advice:
          'Look whether handlers hang or wait for a connection; restart a worker that does not answer.',
        filter: { source, state: 'open' },
      },
    ];
  });

const dead: Cause = ({ sources, minutes, errors, now }) =>
  sources.flatMap((source) => {
    const died = sumOf(minutes, source, 'dead', now - HOUR);
    if (died === 0) return [];
    const [worst] = errors.groups.filter((group) => group.source === source);
    const same = worst
      ? `; ${worst.count.toLocaleString('en-US')} dead ones have the same error, at ${worst.name}`
      : '';
    return [
      {
        kind: 'dead',
        urgent: true,
        title: `${died.toLocaleString('en-US')} of ${source}'s events died in the last hour${same}.`,
        advice: 'Read the error, mend what it says, and replay the group as a ramp.',
        filter: { source, state: 'dead', ...(worst && { fingerprint: worst.fingerprint }) },
      },
    ];
  });

const LONG_BACKLOG = 5 * MINUTE;

const backlogGrows: Cause = ({ backlog, minutes, now }) =>
  backlog.flatMap(({ source, due, oldest, more }) => {
    const handled = sumOf(minutes, source, 'handled', now - 3 * MINUTE);
    if (oldest < LONG_BACKLOG || handled === 0) return [];
    return [
      {
        kind: 'backlog',
        urgent: false,
        title: `Of ${source} ${count(due, 'event', more)} due, the oldest for ${duration(oldest)}.`,
        advice:
          'Add a replica or raise `worker.concurrency`; look for a handler that has become slow.',
        filter: { source, state: 'open' },
      },
    ];
  });

/** So many times its usual gap, and so long at least. */
const SILENCE = { times: 20, least: 10 * MINUTE };

const silentWebhook: Cause = ({ deliveries }) =>
  deliveries.flatMap(({ source, silence, lastWebhookAge, usualGap }) => {
    if (silence === null || lastWebhookAge === null || usualGap === null) return [];
    if (silence < SILENCE.times || lastWebhookAge < SILENCE.least) return [];
    return [
      {
        kind: 'silent-webhook',
        urgent: true,
        title: `No webhook of ${source} came for ${duration(lastWebhookAge)}; usually one comes every ${duration(usualGap)}.`,
        advice:
          'See whether the webhook is still registered at the service, and whether it reaches this application.',
        filter: { source },
      },
    ];
  });

const MUCH_REPAIRED = { share: 0.05, least: 3 };

const repaired: Cause = ({ deliveries }) =>
  deliveries.flatMap(({ source, repaired: found, repairedShare }) => {
    if (repairedShare === null || repairedShare < MUCH_REPAIRED.share) return [];
    if (found < MUCH_REPAIRED.least) return [];
    return [
      {
        kind: 'repaired',
        urgent: false,
        title: `Only the poller found ${percent(repairedShare)} of the latest events of ${source}.`,
        advice: 'Webhooks are lost or late: look at refused deliveries and at the service.',
        filter: { source },
      },
    ];
  });

const blockedKey: Cause = ({ blocked }) => {
  if (!blocked) return [];
  const { head, waiting } = blocked;
  return [
    {
      kind: 'blocked-key',
      urgent: waiting >= 100,
      title: `${count(waiting, 'event', waiting >= 1_000)} waiting behind ${head.name} ${head.eventId}, which keeps failing.`,
      advice: 'Open it: retry it now when its cause is mended, or discard it to let the others go.',
      filter: { source: head.source, text: head.eventId },
    },
  ];
};

const poller: Cause = ({ feeds }) => {
  const failing = feeds.filter(({ report }) => report?.outcome === 'failed');
  if (failing.length === 0) return [];
  return [
    {
      kind: 'poller',
      urgent: false,
      title: `The poller fails at ${failing.map(({ feed }) => feed).join(', ')}.`,
      advice: 'The log says why; until it is mended, a webhook that is lost is not noticed.',
      filter: null,
    },
  ];
};

const OLD_TRANSACTION = 10 * MINUTE;

const oldTransaction: Cause = ({ oldestTransaction = 0 }) =>
  oldestTransaction < OLD_TRANSACTION
    ? []
    : [
        {
          kind: 'old-transaction',
          urgent: false,
          title: `A transaction has been open in the database for ${duration(oldestTransaction)}.`,
          advice:
            'Find it in pg_stat_activity and end it: until then dead rows are not cleared, and everything becomes slower.',
          filter: null,
        },
      ];

const CAUSES: readonly Cause[] = [
  noWorker,
  stalledWorker,
  dead,
  silentWebhook,
  backlogGrows,
  blockedKey,
  repaired,
  poller,
  oldTransaction,
];

/** Urgent ones first. */
export function attentionTo(facts: OverviewFacts): readonly AttentionView[] {
  const found = CAUSES.flatMap((cause) => cause(facts));
  return [...found.filter(({ urgent }) => urgent), ...found.filter(({ urgent }) => !urgent)];
}
