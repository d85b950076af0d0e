import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { timeAnswer } from './answer.duration.js';
import type { RawBodyDoor } from './express.raw-body.js';
import {
  keepRawBytes,
  ownBytesOf,
  type IngressRequest,
  type RawBytes,
} from '../webhook/ingress.request.js';
import type { RawRoute } from '../routes/webhook.routes.js';

type FastifyRequest = IngressRequest & { readonly raw: IncomingMessage };
interface FastifyReply {
  readonly raw: ServerResponse;
}
type Hook = (request: FastifyRequest, reply: FastifyReply, payload: Readable) => Promise<unknown>;

interface RouteOptions {
  readonly url: string;
  readonly method: string | readonly string[];
  preParsing?: Hook | Hook[] | undefined;
  preValidation?: Hook | Hook[] | undefined;
}

interface FastifyInstance {
  addHook(name: 'onRoute', hook: (route: RouteOptions) => void): unknown;
}

/** With these headers in place Fastify looks for a parser, and answers 415 where it has none. */
const BODY_HEADERS = ['content-type', 'content-length', 'transfer-encoding'] as const;

/** Adds the hooks to the routes themselves, so that no other route is touched. */
export function installOnFastify(adapter: AbstractHttpAdapter, door: RawBodyDoor): void {
  adapter.getInstance<FastifyInstance>().addHook('onRoute', (options) => {
    if (![options.method].flat().includes('POST')) return;
    const route = door.routes().find(({ path, raw }) => raw && path === options.url)?.raw;
    if (!route) return;
    const { before, after } = hooksOf(door, route);
    options.preParsing = [before, ...[options.preParsing ?? []].flat()];
    options.preValidation = [after, ...[options.preValidation ?? []].flat()];
  });
}

interface Kept {
  readonly bytes: RawBytes;
  readonly headers: IncomingMessage['headers'];
}

function hooksOf(door: RawBodyDoor, route: RawRoute): { before: Hook; after: Hook } {
  const kept = new WeakMap<IncomingMessage, Kept>();
  return {
    before: async (request, reply, payload) => {
      if (request.method !== 'POST' || ownBytesOf(request)) return payload;
      timeAnswer(route.source, reply.raw);
      try {
        const bytes = await door.read(request, payload, route);
        kept.set(request.raw, { bytes, headers: hideBodyHeaders(request.raw) });
        return Readable.from([]);
      } catch (error) {
        door.refuse(error, reply, route);
        // Returning the reply tells Fastify that it has been answered.
        return reply;
      }
    },
    after: async (request) => {
      const found = kept.get(request.raw);
      if (!found) return;
      Object.assign(request.raw.headers, found.headers);
      keepRawBytes(request, found.bytes);
    },
  };
}

function hideBodyHeaders({ headers }: IncomingMessage): IncomingMessage['headers'] {
  const hidden: IncomingMessage['headers'] = {};
  for (const name of BODY_HEADERS) {
    if (headers[name] === undefined) continue;
    hidden[name] = headers[name];
    delete headers[name];
  }
  return hidden;
}
