import type { AuditStore } from '../../inbox/index.js';
import type { FeedStatus, Reconciler } from '../../reconcile/index.js';
import type { PollerView, WatchedView } from '../api.types.js';
import type { OpsRoute } from '../http/ops.route.js';

/** Of each feed. */
const MOST_WATCHED = 100;

/** The poller of this process. */
export interface PollerFacts {
  readonly reconciler: Pick<Reconciler, 'status' | 'watched' | 'reconcileNow'>;
  /** When it polls next, in epoch milliseconds; null where this process does not. */
  readonly nextPollAt: () => number | null;
  readonly audit: Pick<AuditStore, 'record'>;
}

/** What finds events that no webhook has brought, and a way to have it look now. */
export function pollerRoutes({ reconciler, nextPollAt, audit }: PollerFacts): readonly OpsRoute[] {
  const view = (): PollerView => ({
    polls: nextPollAt() !== null,
    nextPollAt: nextPollAt(),
    feeds: reconciler.status().map(feedView),
  });
  return [
    {
      method: 'GET',
      path: 'poller',
      summary: 'How each feed of the poller did, as far as this process polls',
      answers: 'PollerView',
      handle: view,
    },
    {
      method: 'GET',
      path: 'poller/watched',
      summary:
        'The jobs, agents and escrows that the poller asks the services about, the next first',
      answers: 'WatchedView',
      handle: async (): Promise<WatchedView> => {
        const feeds = await reconciler.watched(MOST_WATCHED + 1);
        return {
          feeds: feeds.map((feed) => ({
            ...feed,
            subjects: feed.subjects.slice(0, MOST_WATCHED),
            more: feed.subjects.length > MOST_WATCHED,
          })),
        };
      },
    },
    {
      method: 'POST',
      path: 'poller/poll',
      summary: 'Poll every feed now',
      answers: 'PollerView',
      handle: async ({ user }) => {
        const { feeds } = await reconciler.reconcileNow();
        const events = feeds.reduce((sum, { repaired }) => sum + repaired, 0);
        await audit.record({ by: user.name, action: 'poll', about: 'Every feed', events });
        return view();
      },
    },
  ];
}

function feedView({ feed, source, account, report, at, elsewhere }: FeedStatus) {
  return {
    feed,
    source,
    account,
    lastAt: at ?? null,
    outcome: elsewhere ? ('elsewhere' as const) : (report?.outcome ?? ('not-yet' as const)),
    found: report?.found ?? 0,
    repaired: report?.repaired ?? 0,
  };
}
