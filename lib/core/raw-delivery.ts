import type { IncomingHttpHeaders } from 'node:http';

/** One HTTP request to a webhook route, before anything has been believed. */
export interface RawDelivery {
  /** Name of the source that the path names. */
  readonly source: string;
  /** The `:account` of the path; `''` where the route has none. */
  readonly account: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes that came over the wire. */
  readonly wire: Buffer;
  /** `wire` with its Content-Encoding undone; the same buffer where there was none. */
  readonly body: Buffer;
}
