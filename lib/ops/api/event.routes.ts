import type { HandlerRegistry } from '../../handlers/index.js';
import type { AuditStore, EventDetails, InboxAdmin } from '../../inbox/index.js';
import type { ErrorsView, EventsView, EventView, HandlerView } from '../api.types.js';
import { headline } from '../events/event.headline.js';
import { attemptView, curlOf, payloadText, rowView, shownPayload } from '../events/event.views.js';
import { FILTER_PARAMETERS, filterFromQuery } from '../events/filter.parameters.js';
import { answerDownload } from '../http/ops.answers.js';
import { badRequest, notFound } from '../http/ops.problem.js';
import type { OpsRoute } from '../http/ops.route.js';

export interface EventRoutesDependencies {
  readonly admin: InboxAdmin;
  readonly audit: Pick<AuditStore, 'notes'>;
  readonly handlers: Pick<HandlerRegistry, 'handlersFor'>;
  /** Names of payload fields that are shown as dots. */
  readonly mask: ReadonlySet<string>;
}

/** What can be seen of the events. */
export function eventRoutes(dependencies: EventRoutesDependencies): readonly OpsRoute[] {
  const { admin, mask } = dependencies;
  return [
    {
      method: 'GET',
      path: 'events',
      summary: 'Events that fit, newest first',
      answers: 'EventsView',
      query: [...FILTER_PARAMETERS, 'limit', 'after'],
      handle: async ({ query }): Promise<EventsView> => {
        const limit = numberFrom(query, 'limit', 50, 200);
        const after = query.get('after') || undefined;
        const page = await admin.list(filterFromQuery(query), { limit, after });
        return {
          events: page.events.map(rowView),
          next: page.next ?? null,
          searchedBackTo: page.searchedBackTo ?? null,
        };
      },
    },
    {
      method: 'GET',
      path: 'events/count',
      summary: 'How many events fit, exactly or at least',
      answers: 'EventsCountView',
      query: FILTER_PARAMETERS,
      handle: ({ query }) => admin.count(filterFromQuery(query)),
    },
    {
      method: 'GET',
      path: 'errors',
      summary: 'The dead events by their error, most frequent first',
      answers: 'ErrorsView',
      handle: (): Promise<ErrorsView> => admin.errors(),
    },
    {
      method: 'GET',
      path: 'events/:id',
      summary: 'All that is known of one event',
      answers: 'EventView',
      handle: async ({ parameters }) => view(await found(admin, parameters), dependencies),
    },
    {
      method: 'GET',
      path: 'events/:id/fixture',
      summary: "An event's payload as a file, for tests",
      answers: 'the payload',
      handle: async ({ parameters }, response) => {
        const { body, id, name } = await found(admin, parameters);
        if (body === null) throw notFound('payload any more: its retention is over');
        answerDownload(
          response,
          `${name.replaceAll(/[^\w.-]/g, '_')}-${id}.json`,
          payloadText(body, mask),
        );
      },
    },
  ];
}

/** @throws OpsProblem 404 */
export async function found(
  admin: InboxAdmin,
  { id = '' }: Readonly<Record<string, string>>,
): Promise<EventDetails> {
  const event = await admin.find({ id });
  if (!event) throw notFound(`event ${id}`);
  return event;
}

async function view(
  event: EventDetails,
  { admin, audit, handlers, mask }: EventRoutesDependencies,
): Promise<EventView> {
  const { id, source, name, body } = event;
  const ofName = handlers.handlersFor(source, name);
  const ahead = event.state === 'waiting' ? await admin.ahead(id) : undefined;
  const done = await admin.list({ source, name, state: 'done' }, { limit: 1 });
  const [last] = done.events.filter((other) => other.id !== id);
  const lastDone = last && (await admin.find({ id: last.id }));
  return {
    ...rowView(event),
    headline: headline({ event, ahead, hasHandler: ofName.length > 0 }),
    origin: event.origin,
    occurredAt: event.occurredAt,
    orderKey: event.orderKey,
    lastError: event.lastError,
    fingerprint: event.fingerprint,
    redeliveries: event.redeliveries,
    release: event.release,
    attemptsMade: event.failures.map(attemptView),
    handlers: handlerViews(event, ofName),
    payload: body && shownPayload(body, mask),
    payloadBytes: body && body.length,
    curl: curlOf(event, mask),
    notes: await audit.notes(id),
    lastDone: lastDone
      ? { id: lastDone.id, payload: lastDone.body && shownPayload(lastDone.body, mask) }
      : null,
  };
}

function handlerViews(
  { completedHandlers }: EventDetails,
  ofName: ReturnType<HandlerRegistry['handlersFor']>,
): readonly HandlerView[] {
  const known = ofName.map(({ name, options }): HandlerView => {
    const state = completedHandlers.includes(name) ? 'done' : 'open';
    return { name, state, transactional: Boolean(options.transactional) };
  });
  const absent = completedHandlers.filter((name) => !ofName.some((other) => other.name === name));
  return [
    ...known,
    ...absent.map((name): HandlerView => ({ name, state: 'absent', transactional: false })),
  ];
}

function numberFrom(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const given = query.get(name);
  if (given === null || given === '') return fallback;
  const number = Number(given);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw badRequest(`\`${name}\` must be a whole number from 1 to ${most}.`);
}
