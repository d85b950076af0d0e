import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from '../core/index.js';
import { drawApiFault, type ApiFaultKind, type ApiFaults } from './api-faults.js';
import { RollingWindow, type Allowance } from './rolling-window.js';
import { failure, matchRoute, type ApiReply, type ApiRoutes } from './sandbox-routes.js';
import type { SandboxTimers } from './sandbox-timers.js';

const BASE_PATH = '/api/v1';

export interface SandboxServerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** Calls in a rolling minute per key. */
  readonly rateLimit: number;
  readonly timers: SandboxTimers;
  readonly random: Random;
  readonly routes: ApiRoutes;
  /** The key of a call, or the answer to one that has no good key. */
  readonly authenticate: (request: IncomingMessage, route: string) => string | ApiReply;
}

/** What callers did. */
export interface ApiCounts {
  /** Calls per route, e.g. `GET /jobs/:id`; refused and mistreated ones too. */
  readonly byRoute: Readonly<Record<string, number>>;
  readonly total: number;
  /** Calls that came although the rate limit was used up. */
  readonly violations: number;
}

/** The HTTP side that both sandboxes share: routes, keys, rate limit, faults, counters. */
export class SandboxServer {
  faults: ApiFaults = {};
  private server: Server | undefined;
  private readonly window: RollingWindow;
  private readonly byRoute: Record<string, number> = {};
  private total = 0;
  private violations = 0;

  constructor(private readonly options: SandboxServerOptions) {
    this.window = new RollingWindow(options.timers, options.rateLimit);
  }

  get counts(): ApiCounts {
    return { byRoute: { ...this.byRoute }, total: this.total, violations: this.violations };
  }

  /** The API's base URL. */
  get url(): string {
    const address = this.server?.address() as AddressInfo | null | undefined;
    if (!address) throw new Error('The sandbox has no URL before start() and after stop().');
    return `http://${this.options.host}:${address.port}${BASE_PATH}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.options.port, this.options.host, resolve);
    });
    this.server = server;
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('date', new Date(this.options.timers.now()).toUTCString());
    try {
      const bytes = await readAll(request);
      const fault = this.serve(request, bytes, response);
      if (fault === 'cut' || fault === 'cutAnswer') request.socket.destroy();
    } catch {
      request.socket.destroy();
    }
  }

  /** @returns the fault that the caller must carry out on the connection itself */
  private serve(
    request: IncomingMessage,
    bytes: Buffer,
    response: ServerResponse,
  ): ApiFaultKind | undefined {
    const method = request.method ?? 'GET';
    const address = new URL(request.url ?? '/', 'http://sandbox');
    const path = address.pathname.startsWith(BASE_PATH)
      ? address.pathname.slice(BASE_PATH.length)
      : '';
    const match = matchRoute(this.options.routes, method, path);
    const route = match?.route ?? `${method} (unknown)`;
    this.total += 1;
    this.byRoute[route] = (this.byRoute[route] ?? 0) + 1;

    const fault = drawApiFault(this.faults, route, this.options.random);
    if (fault === 'cut') return fault;
    if (fault && fault !== 'cutAnswer') {
      this.mistreat(fault, request, response);
      return undefined;
    }
    const key = this.options.authenticate(request, route);
    if (typeof key !== 'string') {
      send(response, key);
      return undefined;
    }
    const allowance = this.window.take(key);
    if (!allowance.allowed) {
      this.violations += 1;
      send(response, tooMany(Math.ceil(allowance.resetInMs / 1_000)));
      return undefined;
    }
    const reply = this.call(match, address.searchParams, bytes);
    if (fault === 'cutAnswer') return fault;
    send(response, { ...reply, headers: { ...reply.headers, ...this.limitHeaders(allowance) } });
    return undefined;
  }

  private call(
    match: ReturnType<typeof matchRoute>,
    query: URLSearchParams,
    bytes: Buffer,
  ): ApiReply {
    const handler = match && this.options.routes[match.route];
    if (!handler) return failure(404, 'Not found');
    const body = parseBody(bytes);
    if (!body) return failure(400, 'The body must be a JSON object');
    return handler({ params: match.params, query, body });
  }

  private limitHeaders({ limit, remaining, resetInMs }: Allowance): Record<string, string> {
    // The unit of Reset is not documented; epoch seconds is the commonest.
    const reset = Math.ceil((this.options.timers.now() + resetInMs) / 1_000);
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
    };
  }

  private mistreat(
    fault: Exclude<ApiFaultKind, 'cut' | 'cutAnswer'>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { retryAfter = 60 } = this.faults;
    switch (fault) {
      case 'tooManyRequests':
        return send(response, tooMany(retryAfter));
      case 'serverError':
        return send(response, failure(500, 'Internal server error'));
      case 'htmlPage':
        return sendText(response, 502, 'text/html', '<html><h1>502 Bad Gateway</h1></html>');
      case 'wrongJson':
        return send(response, { status: 200, body: ['unexpected', 42, null] });
      case 'brokenJson':
        return sendText(response, 200, 'application/json', '{"object":"list","data":[{"id":');
      case 'endlessRedirect':
        return sendText(response, 302, 'text/plain', '', { location: request.url ?? '/' });
    }
  }
}

function tooMany(retryAfter: number | null): ApiReply {
  const headers: Record<string, string> =
    retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
  return { ...failure(429, 'Rate limit exceeded'), headers };
}

function send(response: ServerResponse, { status, body, headers }: ApiReply): void {
  sendText(response, status, 'application/json', JSON.stringify(body), headers);
}

function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseBody(bytes: Buffer): Record<string, unknown> | undefined {
  if (bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
