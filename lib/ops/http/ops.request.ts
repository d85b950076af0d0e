import type { IncomingMessage } from 'node:http';
import type { OpsUser } from '../ops.options.js';
import { badRequest, OpsProblem } from './ops.problem.js';

/** A request of the page, as the routes see it. */
export interface OpsRequest {
  readonly user: OpsUser;
  /** The path's parameters by name, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** An empty object where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request of Node, behind Express or Fastify. */
export type HttpRequest = IncomingMessage & {
  /** With the path at which the page is mounted. */
  readonly originalUrl?: string;
  /** What a parser of the application has made of the body. */
  readonly body?: unknown;
};

/** Path and query as the application received them. */
export const urlOf = ({ originalUrl, url = '' }: HttpRequest): string => originalUrl ?? url;

const LARGEST_BODY = 64 * 1024;

/**
 * The JSON object that a request carries. Behind Express a parser of the application may have read it.
 * @throws OpsProblem 400, 413
 */
export async function readBody(request: HttpRequest): Promise<Readonly<Record<string, unknown>>> {
  if (request.method === 'GET' || request.method === 'HEAD') return {};
  const value = request.readableEnded ? request.body : parse(await readText(request));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw badRequest('The body is no JSON object.');
}

async function readText(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST_BODY) throw new OpsProblem(413, 'The body is larger than 64 kB.');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
