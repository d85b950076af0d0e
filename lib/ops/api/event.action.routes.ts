import type { InboxAdmin } from '../../inbox/index.js';
import type { ChangedView } from '../api.types.js';
import { OpsProblem } from '../http/ops.problem.js';
import type { OpsRoute } from '../http/ops.route.js';
import { found } from './event.routes.js';

/** What can be done to one event. */
export function eventActionRoutes(admin: InboxAdmin): readonly OpsRoute[] {
  return [
    action('replay', 'Run a finished event again', (id, by, body) =>
      admin.replay({ id }, { rerunAll: body['rerunAll'] === true, by }),
    ),
    action('discard', 'Give an event up', (id, by) => admin.discard({ id }, { by })),
    action('retry', 'Run an event now that waits for its next attempt', (id, by) =>
      admin.retryNow({ id }, { by }),
    ),
  ];

  function action(
    name: string,
    summary: string,
    change: (id: string, by: string, body: Readonly<Record<string, unknown>>) => Promise<number>,
  ): OpsRoute {
    return {
      method: 'POST',
      path: `events/:id/${name}`,
      summary,
      answers: 'ChangedView',
      handle: async ({ parameters, body, user }): Promise<ChangedView> => {
        const event = await found(admin, parameters);
        const changed = await change(event.id, user.name, body);
        if (changed > 0) return { changed };
        throw new OpsProblem(
          409,
          `Event ${event.id} is ${event.state}, so ${name} does nothing to it.`,
          'Look at it again: it may have changed meanwhile.',
        );
      },
    };
  }
}
