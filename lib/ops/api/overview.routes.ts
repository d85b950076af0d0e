import type { LiveStream } from '../http/live.stream.js';
import type { OpsRoute } from '../http/ops.route.js';
import type { OpsOverview } from '../overview/ops.overview.js';

/** How everything does, once or as it changes. */
export function overviewRoutes(
  overview: Pick<OpsOverview, 'read'>,
  live: LiveStream,
): readonly OpsRoute[] {
  return [
    {
      method: 'GET',
      path: 'overview',
      summary: 'What needs attention, and how each service does',
      answers: 'OverviewView',
      handle: () => overview.read(),
    },
    {
      method: 'GET',
      path: 'live',
      summary: 'The overview every two seconds, as server-sent events named `overview`',
      answers: 'OverviewView',
      handle: (_request, response) => live.add(response),
    },
  ];
}
