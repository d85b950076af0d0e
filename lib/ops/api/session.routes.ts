import type { SessionView } from '../api.types.js';
import type { OpsRoute } from '../http/ops.route.js';

export interface SessionFacts {
  readonly version: string;
  readonly release: string | null;
  readonly sources: readonly string[];
  readonly handlers: () => readonly string[];
}

export function sessionRoutes(facts: SessionFacts): readonly OpsRoute[] {
  return [
    {
      method: 'GET',
      path: 'session',
      summary: 'Who asks, and of what application',
      answers: 'SessionView',
      handle: ({ user }): SessionView => ({
        user: user.name,
        role: user.role,
        version: facts.version,
        release: facts.release,
        sources: facts.sources,
        handlers: facts.handlers(),
      }),
    },
  ];
}
