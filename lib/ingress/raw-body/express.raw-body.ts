import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { timeAnswer } from './answer.duration.js';
import {
  keepRawBytes,
  ownBytesOf,
  type IngressRequest,
  type RawBytes,
} from '../webhook/ingress.request.js';
import { compilePattern } from '../routes/route-pattern.js';
import type { OrderedRoute, RawRoute } from '../routes/webhook.routes.js';

/** What `installOn…` needs of its caller. */
export interface RawBodyDoor {
  /** First called when the application is being initialised, or later. */
  routes(): readonly OrderedRoute[];
  read(request: IngressRequest, stream: Readable, route: RawRoute): Promise<RawBytes>;
  refuse(error: unknown, response: unknown, route: RawRoute): void;
}

type ConnectRequest = IncomingMessage &
  IngressRequest & { readonly path?: string; _body?: boolean; originalMethod?: string };

/** `enabled` is Express's; another connect-like adapter has the defaults. */
interface Settings {
  enabled?(setting: string): boolean;
}

/**
 * Mounted before Nest mounts its parsers, which then find a stream that has ended. It must know the
 * paths by itself, since it runs before the router.
 */
export function installOnExpress(adapter: AbstractHttpAdapter, door: RawBodyDoor): void {
  let find: ((path: string) => RawRoute | undefined) | undefined;
  const middleware = (
    request: ConnectRequest,
    response: ServerResponse,
    next: () => void,
  ): void => {
    if (request.method !== 'POST' || ownBytesOf(request)) return next();
    find ??= finder(door.routes(), adapter.getInstance<Settings>());
    const route = find(request.path ?? request.url.split('?', 1)[0] ?? '');
    if (!route) return next();
    timeAnswer(route.source, response);
    door.read(request, request, route).then(
      (bytes) => {
        keepRawBytes(request, bytes);
        // body-parser 1 looks at this flag and not at the stream.
        request._body = true;
        next();
      },
      (error: unknown) => door.refuse(error, response, route),
    );
  };
  adapter.use(middleware);
}

function finder(routes: readonly OrderedRoute[], settings: Settings) {
  const matching = {
    caseSensitive: settings.enabled?.('case sensitive routing') ?? false,
    strict: settings.enabled?.('strict routing') ?? false,
  };
  const patterns = routes.map(({ path, raw }) => ({ raw, regexp: compilePattern(path, matching) }));
  return (path: string) => patterns.find(({ regexp }) => regexp.test(path))?.raw;
}
