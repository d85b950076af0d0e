import type { OpsRoute } from './ops.route.js';
import { roleFor } from './ops.route.js';

type Json = Readonly<Record<string, unknown>>;

/** The parts of an OpenAPI 3.1 document that the operations API fills. */
export interface OpenApiParts {
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: {
    readonly schemas: Json;
    readonly securitySchemes: Json;
  };
}

export interface OpenApiDocument extends OpenApiParts {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
}

const SECURITY = 'operations';
const TAG = 'Webhook operations';

/**
 * @param schemas of the views, by name, made of `api.types.ts` when the package is built
 * @param at what stands before each path
 */
export function openApiParts(routes: readonly OpsRoute[], schemas: Json, at: string): OpenApiParts {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `${at}/${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    const of = (paths[path] ??= {});
    of[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    paths,
    components: { schemas, securitySchemes: { [SECURITY]: { type: 'http', scheme: 'basic' } } },
  };
}

export const openApiDocument = (parts: OpenApiParts, version: string): OpenApiDocument => ({
  openapi: '3.1.0',
  info: { title: 'Operations of the webhook inbox', version },
  servers: [{ url: '.' }],
  ...parts,
});

function operation(route: OpsRoute, schemas: Json): Json {
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => parameter(name, 'path'));
  const query = (route.query ?? []).map((name) => parameter(name, 'query'));
  return {
    tags: [TAG],
    summary: route.summary,
    description: `For the role \`${roleFor(route)}\`.`,
    security: [{ [SECURITY]: [] }],
    parameters: [...parameters, ...query],
    ...(route.method === 'POST' && { requestBody: content(route.takes, schemas) }),
    responses: {
      200: { description: route.summary, ...content(route.answers, schemas) },
      default: { description: 'Why it is not answered', ...content('ProblemView', schemas) },
    },
  };
}

const parameter = (name: string | undefined, where: 'path' | 'query'): Json => ({
  name,
  in: where,
  required: where === 'path',
  schema: { type: 'string' },
});

/** What has no schema is some JSON object. */
function content(name: string | undefined, schemas: Json): Json {
  const known = name !== undefined && name in schemas;
  const schema = known ? { $ref: `#/components/schemas/${name}` } : { type: 'object' };
  return { content: { 'application/json': { schema } } };
}
