import type { ChangeFilter, Operation } from '../../inbox/index.js';
import type { OperationsView, OperationView, OpsAction, PreviewView } from '../api.types.js';
import { rowView } from '../events/event.views.js';
import type { InboxOperations, OperationRequest } from '../operations/inbox.operations.js';
import { filterFromBody } from '../events/filter.parameters.js';
import { badRequest, notFound, OpsProblem } from '../http/ops.problem.js';
import type { OpsRequest } from '../http/ops.request.js';
import type { OpsRoute } from '../http/ops.route.js';

/** Actions on all events that fit a filter, and how far they are. */
export function operationRoutes(operations: InboxOperations): readonly OpsRoute[] {
  const changes = ['pause', 'resume', 'stop'] as const;
  return [
    {
      method: 'GET',
      path: 'operations',
      summary: 'Actions on many events, newest first',
      answers: 'OperationsView',
      handle: async (): Promise<OperationsView> => ({
        operations: (await operations.list()).map(operationView),
      }),
    },
    {
      method: 'GET',
      path: 'operations/:id',
      summary: 'How far an action on many events is',
      answers: 'OperationView',
      handle: async ({ parameters }) => operationView(await found(operations, parameters)),
    },
    {
      method: 'POST',
      path: 'operations/preview',
      summary: 'How many events an action would be about, and some of them',
      takes: 'PreviewRequest',
      answers: 'PreviewView',
      handle: async ({ body }): Promise<PreviewView> => {
        const { count, more, sample } = await operations.preview(filterFromBody(body['filter']));
        return { count, more, sample: sample.map(rowView) };
      },
    },
    {
      method: 'POST',
      path: 'operations',
      summary:
        'Do something to all events that fit now; those that come to fit later are not touched',
      takes: 'OperationRequest',
      answers: 'OperationView',
      handle: async ({ body, user }) =>
        operationView(await operations.start(wantedIn(body), user.name)),
    },
    ...changes.map((change): OpsRoute => ({
      method: 'POST',
      path: `operations/:id/${change}`,
      summary: `${change[0]?.toUpperCase()}${change.slice(1)} an action on many events`,
      answers: 'OperationView',
      handle: async ({ parameters, user }) => {
        const { id, state } = await found(operations, parameters);
        const changed = await operations[change](id, user.name);
        if (changed) return changed;
        throw new OpsProblem(409, `It is ${state}, so ${change} does nothing to it.`);
      },
    })),
  ];
}

/** @throws OpsProblem 404 */
async function found(
  operations: InboxOperations,
  { id = '' }: OpsRequest['parameters'],
): Promise<Operation> {
  const operation = await operations.find(id);
  if (!operation) throw notFound(`operation ${id}`);
  return operation;
}

function wantedIn(body: OpsRequest['body']): OperationRequest {
  const pace = body['pace'] ?? 'all';
  if (pace !== 'all' && pace !== 'ramp') throw badRequest("`pace` is 'all' or 'ramp'.");
  // What has no condition is refused by the inbox itself.
  const filter = filterFromBody(body['filter']) as ChangeFilter;
  const action = actionIn(body);
  if (pace === 'ramp' && action !== 'replay') throw badRequest('A ramp is for replays.');
  return { action, filter, pace, rerunAll: body['rerunAll'] === true };
}

function actionIn({ action }: OpsRequest['body']): OpsAction {
  if (action === 'replay' || action === 'discard') return action;
  throw badRequest("`action` is 'replay' or 'discard'.");
}

function operationView(operation: Operation): OperationView {
  const { id, action, filter, pace, by, startedAt, endedAt, state } = operation;
  const { total, changed, passedOver, note } = operation;
  return {
    id,
    action,
    filter,
    pace,
    by,
    startedAt,
    endedAt,
    state,
    total,
    changed,
    passedOver,
    note,
  };
}
