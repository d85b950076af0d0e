/** One call of the API, after its key has been checked. */
export interface ApiCall {
  /** Values of the `:names` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON body; `{}` where none was sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keys such as `GET /jobs/:id`, relative to `/api/v1`; the first that fits is taken. */
export type ApiRoutes = Readonly<Record<string, (call: ApiCall) => ApiReply>>;

export interface MatchedRoute {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
}

export function matchRoute(
  routes: ApiRoutes,
  method: string,
  path: string,
): MatchedRoute | undefined {
  for (const route of Object.keys(routes)) {
    const [routeMethod, pattern = ''] = route.split(' ');
    const params = routeMethod === method ? matchPath(pattern, path) : undefined;
    if (params) return { route, params };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) params[segment.slice(1)] = decode(value);
    else if (segment !== value) return undefined;
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Both services' error body: an object with a human text. */
export function failure(status: number, error: string, more: object = {}): ApiReply {
  return { status, body: { error, ...more } };
}
