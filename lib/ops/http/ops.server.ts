import type { ServerResponse } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import { assertMayOperate, type OpsAccess } from '../access/ops.access.js';
import { answer, answerFile, answerProblem, secure } from './ops.answers.js';
import { openApiDocument, openApiParts, type OpenApiParts } from './openapi.document.js';
import { notFound, OpsProblem } from './ops.problem.js';
import { readBody, urlOf, type HttpRequest } from './ops.request.js';
import { findRoute, roleFor, type OpsRoute } from './ops.route.js';
import { apiSchemas, packageVersion, type PageFiles } from './page.files.js';

export interface OpsServerDependencies {
  readonly access: OpsAccess;
  readonly routes: readonly OpsRoute[];
  readonly files: PageFiles;
  readonly logger: Pick<LoggerService, 'error'>;
}

/**
 * Answers every request at and below the page's path, on the requests and responses of Node, so that it is the same
 * behind Express and Fastify, whatever pipes, filters and interceptors the application has.
 */
export class OpsServer {
  constructor(private readonly dependencies: OpsServerDependencies) {}

  /** @param path below the page's: `''` is that path itself, `'/'` the page */
  async handle(request: HttpRequest, response: ServerResponse, path: string): Promise<void> {
    secure(response);
    try {
      await this.route(request, response, path);
    } catch (error) {
      answerProblem(response, this.problemOf(error));
    }
  }

  /** @param at what stands before each path */
  openApi(at: string): OpenApiParts {
    return openApiParts(this.dependencies.routes, apiSchemas(this.dependencies.files), at);
  }

  private async route(request: HttpRequest, response: ServerResponse, path: string) {
    const user = await this.dependencies.access.user(request);
    if (path === '/api/openapi.json') {
      return answer(response, 200, openApiDocument(this.openApi(''), packageVersion()));
    }
    if (path.startsWith('/api/')) {
      const url = new URL(urlOf(request), 'http://localhost');
      const method = request.method ?? 'GET';
      const found = findRoute(this.dependencies.routes, method, path.slice('/api/'.length));
      if (!found) throw notFound(`${method} ${path}`);
      const { route, parameters } = found;
      if (roleFor(route) === 'operate') assertMayOperate(user);
      const body = await readBody(request);
      const view = await route.handle(
        { user, parameters, query: url.searchParams, body },
        response,
      );
      if (view !== undefined) answer(response, 200, view);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new OpsProblem(405, 'The page can only be read.', undefined, { Allow: 'GET, HEAD' });
    }
    if (path === '') return redirectToFolder(request, response);
    const file = this.dependencies.files.get(path === '/' ? 'index.html' : path.slice(1));
    if (!file) throw notFound('such file');
    answerFile(request, response, file);
  }

  private problemOf(error: unknown): OpsProblem {
    if (error instanceof OpsProblem) return error;
    const code = (error as { readonly code?: unknown } | undefined)?.code;
    if (code === 'ARMOX_ARMALO_INBOX_FILTER') return new OpsProblem(400, (error as Error).message);
    // What a driver says may quote values; our own errors do not.
    const text = typeof code === 'string' ? code : 'unexpected error';
    this.dependencies.logger.error(
      `A request of the operations page failed: ${text}.`,
      framesOf(error),
    );
    return new OpsProblem(
      503,
      'The database did not answer, or the module failed.',
      `The application's log has the reason (${text}). Deliveries are kept by their senders meanwhile.`,
    );
  }
}

/** Where it was thrown. A message may have several lines, and any of them may quote values. */
function framesOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const lines = error.stack?.split('\n') ?? [];
  return lines.filter((line) => /^\s+at /.test(line)).join('\n');
}

/** The page's own links are relative, and so begin at a folder. */
function redirectToFolder(request: HttpRequest, response: ServerResponse): void {
  const [path = '', query] = urlOf(request).split('?', 2);
  const last = path.slice(path.lastIndexOf('/') + 1);
  response.writeHead(308, { Location: `${last}/${query === undefined ? '' : `?${query}`}` }).end();
}
