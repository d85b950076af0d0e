import { ARMALO_EVENT_NAMES } from '../sources/armalo/index.js';
import type { SandboxEval, SandboxPact } from './armalo-records.js';
import type { ArmaloState } from './armalo-state.js';
import { failure, type ApiCall, type ApiReply, type ApiRoutes } from './sandbox-routes.js';

/** What the routes need of the sandbox beyond its records. */
export interface ArmaloActions {
  readonly webhooksAllowed: () => boolean;
  readonly registerAgent: (externalId: string, name: string) => object;
  readonly startEval: (agentId: string, run: Partial<SandboxEval>) => object;
}

/** The API as far as its pages show or suggest it. */
export function armaloRoutes(state: () => ArmaloState, actions: ArmaloActions): ApiRoutes {
  return {
    'POST /webhooks': (call) => createWebhook(state(), call, actions.webhooksAllowed()),
    'GET /webhooks': () => ok({ webhooks: listWebhooks(state()) }),
    'GET /scores/:id': ({ params }) =>
      found(
        state()
          .scores.get(params['id'] ?? '')
          ?.at(-1),
      ),
    'GET /scores/:id/history': ({ params }) => history(state(), params['id'] ?? ''),
    'POST /evals': (call) => createEval(call, actions),
    'GET /evals': (call) => ok({ evals: listed(state().evals, call, ['agentId', 'status']) }),
    'GET /evals/:id': ({ params }) => found(state().evals.get(params['id'] ?? '')),
    'POST /pacts': (call) => createPact(state(), call),
    'GET /pacts': (call) => ok({ pacts: listed(state().pacts, call, ['agentId']) }),
    'GET /pacts/:id': ({ params }) => found(state().pacts.get(params['id'] ?? '')),
    'POST /agents': (call) => createAgent(call, actions),
    'GET /agents': (call) => ok({ agents: listed(state().agents, call, []) }),
    'GET /agents/:id': ({ params }) => found(state().agents.get(params['id'] ?? '')),
    'POST /escrow': (call) => createEscrow(state(), call),
    'GET /escrow': (call) => ok({ escrows: listed(state().escrows, call, ['status', 'agentId']) }),
    'GET /escrow/:id': ({ params }) => found(state().escrows.get(params['id'] ?? '')),
  };
}

function createWebhook(state: ArmaloState, { body }: ApiCall, allowed: boolean): ApiReply {
  if (!allowed) return failure(403, 'Webhooks require a Pro or Enterprise plan');
  const { url, events } = body;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return invalid('url');
  const known: readonly string[] = ARMALO_EVENT_NAMES;
  const isList = Array.isArray(events) && events.length > 0;
  if (!isList || !events.every((name) => known.includes(name as string))) return invalid('events');
  return { status: 201, body: state.addWebhook(url, events as string[]) };
}

/** The secret is shown once, when the webhook is made. */
function listWebhooks(state: ArmaloState): object[] {
  return [...state.webhooks.values()].map(({ secret: _secret, ...shown }) => shown);
}

function history(state: ArmaloState, agentId: string): ApiReply {
  const scores = state.scores.get(agentId);
  if (!scores) return failure(404, 'Not found');
  const entries = scores.map(({ computedAt, ...score }) => ({ ...score, createdAt: computedAt }));
  return ok({ history: entries.reverse() });
}

function createEval({ body }: ApiCall, actions: ArmaloActions): ApiReply {
  const { agentId, pactId, name, evalType } = body;
  if (typeof agentId !== 'string') return invalid('agentId');
  const run = { ...text({ pactId, name, evalType }) };
  return { status: 201, body: actions.startEval(agentId, run) };
}

function createPact(state: ArmaloState, { body }: ApiCall): ApiReply {
  const { agentId, conditions, name, pactType } = body;
  if (typeof agentId !== 'string') return invalid('agentId');
  if (!Array.isArray(conditions)) return invalid('conditions');
  const terms: Partial<SandboxPact> = { ...text({ name, pactType }), conditions };
  return { status: 201, body: state.addPact(agentId, terms) };
}

function createAgent({ body }: ApiCall, actions: ArmaloActions): ApiReply {
  const { externalId, name } = body;
  if (typeof externalId !== 'string') return invalid('externalId');
  if (typeof name !== 'string') return invalid('name');
  return { status: 201, body: actions.registerAgent(externalId, name) };
}

function createEscrow(state: ArmaloState, { body }: ApiCall): ApiReply {
  const { amountUsdc, agentId, pactId, dealId } = body;
  if (typeof amountUsdc !== 'number') return invalid('amountUsdc');
  return { status: 201, body: state.addEscrow(amountUsdc, text({ agentId, pactId, dealId })) };
}

/** Newest first, filtered by the query's fields, `limit` 20 unless asked for less or more (100). */
function listed(
  store: ReadonlyMap<string, object>,
  { query }: ApiCall,
  filters: readonly string[],
): object[] {
  const limit = Math.min(Math.max(Number(query.get('limit') ?? 20) || 20, 1), 100);
  const fits = (item: object): boolean =>
    filters.every((field) => {
      const wanted = query.get(field);
      return wanted === null || (item as Record<string, unknown>)[field] === wanted;
    });
  return [...store.values()].reverse().filter(fits).slice(0, limit);
}

/** The fields that are texts. */
function text(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => {
      return typeof field[1] === 'string';
    }),
  );
}

function ok(body: object): ApiReply {
  return { status: 200, body };
}

function found(item: object | undefined): ApiReply {
  return item ? ok(item) : failure(404, 'Not found');
}

function invalid(field: string): ApiReply {
  return failure(400, `Invalid ${field}`, { code: 'INVALID_INPUT', details: { field } });
}
