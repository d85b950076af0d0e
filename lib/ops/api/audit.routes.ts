import type { AuditStore, InboxAdmin } from '../../inbox/index.js';
import type { AuditView } from '../api.types.js';
import { badRequest } from '../http/ops.problem.js';
import type { OpsRoute } from '../http/ops.route.js';
import { found } from './event.routes.js';

/** Who has done what, and what they have noted about events. */
export function auditRoutes(audit: AuditStore, admin: InboxAdmin): readonly OpsRoute[] {
  return [
    {
      method: 'GET',
      path: 'audit',
      summary: 'What operators have done, newest first',
      answers: 'AuditView',
      query: ['after'],
      handle: async ({ query }): Promise<AuditView> => {
        const { entries, next } = await audit.list(query.get('after') || undefined);
        return { entries, next: next ?? null };
      },
    },
    {
      method: 'POST',
      path: 'events/:id/note',
      summary: 'Write something down about an event',
      takes: 'NoteRequest',
      answers: 'ChangedView',
      handle: async ({ parameters, body, user }) => {
        const { text } = body;
        if (typeof text !== 'string' || text.trim() === '') throw badRequest('`text` is no text.');
        const { id } = await found(admin, parameters);
        await audit.addNote(id, user.name, text);
        return { changed: 1 };
      },
    },
  ];
}
