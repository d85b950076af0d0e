import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type {
  EventRowView,
  EventsView,
  OperationRequest,
  OpsRole,
  OverviewView,
  PreviewRequest,
  SessionView,
} from '../../../lib/ops/api.types.js';
import {
  auditView,
  dryRunView,
  errorsView,
  eventRow,
  eventView,
  operationView,
  operationViews,
  overviewView,
  pollerView,
  watchedView,
} from './fake-fixtures.js';

/** Not the root, so that URLs which are not relative would show. */
const MOUNTED_AT = '/api/v1/ops/';
const FOLDER = join('dist', 'page');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'";

export interface Posted {
  readonly path: string;
  readonly body: unknown;
}

/** Serves the built page, and answers its API from fixtures. */
export class FakeApi {
  role: OpsRole = 'operate';
  /** Whether everything that needs the database is answered 503. */
  isDatabaseAway = false;
  /** Whether the stream is refused, as by a proxy that cannot stream. */
  refusesStreams = false;
  /** Changes what the overview says from its next answer on. */
  changeOverview: (view: OverviewView) => OverviewView = (view) => view;
  /** What has been posted, the oldest first. */
  readonly posted: Posted[] = [];
  /** What has been asked for by GET. */
  readonly asked: string[] = [];
  private readonly streams = new Set<ServerResponse>();
  private readonly events: readonly EventRowView[];

  private constructor(
    private readonly server: Server,
    private readonly now: () => number,
  ) {
    this.events = Array.from({ length: 70 }, (_, index) => eventRow(index + 1, now()));
  }

  /** @param port 0 = any free one */
  static async start(now: () => number, port = 0): Promise<FakeApi> {
    const server = createServer();
    const api = new FakeApi(server, now);
    server.on('request', (request, response) => void api.answer(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${MOUNTED_AT}`;
  }

  /** Sends the overview to every open page. */
  tell(): void {
    const message = `event: overview\ndata: ${JSON.stringify(this.overview())}\n\n`;
    for (const stream of this.streams) stream.write(message);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private overview(): OverviewView {
    const view = this.changeOverview(overviewView(this.now()));
    return this.isDatabaseAway ? { ...view, database: 'away' } : view;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    response.setHeader('content-security-policy', CSP);
    if (!url.pathname.startsWith(MOUNTED_AT)) return void response.writeHead(404).end();
    const path = url.pathname.slice(MOUNTED_AT.length);
    if (!path.startsWith('api/')) return this.answerFile(path || 'index.html', response);
    const route = path.slice('api/'.length);
    if (request.method === 'POST') return this.answerPost(route, await bodyOf(request), response);
    this.asked.push(`${route}${url.search}`);
    this.answerGet(route, url.searchParams, response);
  }

  private async answerFile(path: string, response: ServerResponse): Promise<void> {
    try {
      const content = await readFile(join(FOLDER, normalize(path)));
      response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  private answerGet(route: string, query: URLSearchParams, response: ServerResponse): void {
    if (route === 'session') return send(response, 200, this.session());
    if (route === 'overview') return send(response, 200, this.overview());
    if (route === 'live') return this.openStream(response);
    if (this.isDatabaseAway) {
      return send(response, 503, {
        error: 'The database did not answer.',
        advice: 'The application’s log has the reason.',
      });
    }
    const [, id, part] = /^events\/(\d+)(\/fixture)?$/.exec(route) ?? [];
    if (id !== undefined) return this.answerEvent(id, part !== undefined, response);
    const views: Record<string, () => unknown> = {
      events: () => this.list(query),
      'events/count': () =>
        query.size === 0
          ? { count: 10_000, more: true }
          : { count: this.fitting(query).length, more: false },
      errors: () => errorsView(this.now()),
      operations: () => ({ operations: operationViews(this.now()) }),
      poller: () => pollerView(this.now()),
      'poller/watched': () => watchedView(this.now()),
      audit: () => auditView(this.now(), query.get('after')),
    };
    const view = views[route];
    if (!view) return send(response, 404, { error: `There is no ${route}.` });
    send(response, 200, view());
  }

  private answerEvent(id: string, isFixture: boolean, response: ServerResponse): void {
    const row = this.events.find((event) => event.id === id);
    if (!row) return send(response, 404, { error: `There is no event ${id}.` });
    if (isFixture) response.setHeader('content-disposition', `attachment; filename="${id}.json"`);
    send(response, 200, isFixture ? { event: row.name } : eventView(row));
  }

  private answerPost(route: string, body: unknown, response: ServerResponse): void {
    this.posted.push({ path: route, body });
    if (this.isDatabaseAway) return send(response, 503, { error: 'The database did not answer.' });
    if (this.role === 'view' && route !== 'operations/preview') {
      return send(response, 403, { error: 'victor may look, but change nothing.' });
    }
    if (route.endsWith('/dry-run')) return send(response, 200, dryRunView);
    if (route === 'operations/preview') {
      const { filter } = body as PreviewRequest;
      const query = new URLSearchParams(filter as Record<string, string>);
      const all = this.fitting(query);
      return send(response, 200, { count: all.length, more: false, sample: all.slice(0, 10) });
    }
    if (route === 'operations') {
      const { action, filter, pace } = body as OperationRequest;
      return send(response, 200, operationView(this.now(), { action, filter, pace, total: 7 }));
    }
    if (route.startsWith('operations/')) {
      return send(response, 200, operationView(this.now(), {}));
    }
    send(response, 200, { changed: 1 });
  }

  private openStream(response: ServerResponse): void {
    if (this.refusesStreams) return send(response, 503, { error: 'No further page.' });
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.flushHeaders();
    this.streams.add(response);
    response.once('close', () => this.streams.delete(response));
    this.tell();
  }

  private session(): SessionView {
    return {
      user: this.role === 'view' ? 'victor' : 'olga',
      role: this.role,
      version: '0.1.0',
      release: '2.14.1',
      sources: ['armox', 'armalo'],
      handlers: ['MoneyHandlers.book', 'TrustHandlers.freeze'],
    };
  }

  private list(query: URLSearchParams): EventsView {
    const all = this.fitting(query);
    const from = Number(query.get('after') ?? '0');
    const next = from + 50 < all.length ? String(from + 50) : null;
    return { events: all.slice(from, from + 50), next, searchedBackTo: null };
  }

  private fitting(query: URLSearchParams): readonly EventRowView[] {
    const text = query.get('text') ?? '';
    const same = (name: 'state' | 'source' | 'name' | 'reason', event: EventRowView): boolean =>
      (query.get(name) ?? event[name]) === event[name];
    return this.events.filter(
      (event) =>
        event.eventId.includes(text) &&
        (['state', 'source', 'name', 'reason'] as const).every((name) => same(name, event)),
    );
  }
}

function send(response: ServerResponse, status: number, view: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(view));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}
