import type { AuditStore, InboxAdmin } from '../../inbox/index.js';
import type { EventDryRun } from '../../worker/index.js';
import type { DryRunView } from '../api.types.js';
import { dryRunView } from '../events/dry-run.view.js';
import { notFound } from '../http/ops.problem.js';
import type { OpsRoute } from '../http/ops.route.js';
import { found } from './event.routes.js';

/** For those who may operate, as handlers may do more than their transaction takes back. */
export function dryRunRoute(
  admin: InboxAdmin,
  audit: AuditStore,
  dryRun: Pick<EventDryRun, 'run'>,
  mask: ReadonlySet<string>,
): OpsRoute {
  return {
    method: 'POST',
    path: 'events/:id/dry-run',
    summary: 'What the handlers of an event would write, without writing it',
    answers: 'DryRunView',
    handle: async ({ parameters, user }): Promise<DryRunView> => {
      const { id, source, name, body } = await found(admin, parameters);
      const about = `Event ${id} of ${source}: ${name}`;
      await audit.record({ by: user.name, action: 'dry run', about, events: 0 });
      const report = await dryRun.run(id);
      if (!report) throw notFound(`event ${id} any more`);
      return dryRunView(report, body, mask);
    },
  };
}
