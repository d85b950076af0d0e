import type { ServerResponse } from 'node:http';
import type { OpsRole } from '../api.types.js';
import type { OpsRequest } from './ops.request.js';

/** A route of the API. */
export interface OpsRoute {
  readonly method: 'GET' | 'POST';
  /** Below `api/`: `events/:id/replay`. */
  readonly path: string;
  /** One sentence for the OpenAPI document. */
  readonly summary: string;
  /** Name of the type in `api.types.ts` that is answered. */
  readonly answers: string;
  /** Name of the type in `api.types.ts` that the body is; some object where there is none. */
  readonly takes?: string;
  /** Names of the query's parameters. */
  readonly query?: readonly string[];
  /** What is answered as JSON; undefined where `respond` has answered. */
  readonly handle: (request: OpsRequest, response: ServerResponse) => unknown;
}

/** What reads may be done by viewers; what is posted changes something, but for previews. */
export const roleFor = ({ method, path }: Pick<OpsRoute, 'method' | 'path'>): OpsRole =>
  method === 'GET' || path === 'operations/preview' ? 'view' : 'operate';

/** The route for a path below `api/`, with the path's parameters. */
export function findRoute(
  routes: readonly OpsRoute[],
  method: string,
  path: string,
): { readonly route: OpsRoute; readonly parameters: Record<string, string> } | undefined {
  const parts = path.split('/');
  for (const route of routes) {
    if (route.method !== (method === 'HEAD' ? 'GET' : method)) continue;
    const parameters = matched(route.path.split('/'), parts);
    if (parameters) return { route, parameters };
  }
  return undefined;
}

function matched(
  pattern: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const part = parts[at] as string;
    if (expected.startsWith(':')) parameters[expected.slice(1)] = decoded(part);
    else if (expected !== part) return undefined;
  }
  return parameters;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
