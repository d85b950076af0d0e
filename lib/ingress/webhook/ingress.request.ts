import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The few members that an Express request and a Fastify request have in common. */
export interface IngressRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl?: string;
  readonly headers: IncomingHttpHeaders;
  readonly params?: Readonly<Record<string, string | undefined>>;
  /** Node's own request behind Fastify's; absent on Express, whose request is Node's. */
  readonly raw?: IncomingMessage;
  body?: unknown;
  rawBody?: unknown;
}

/** A body, as it came over the wire and with its Content-Encoding undone. */
export interface RawBytes {
  readonly wire: Buffer;
  /** The same buffer as `wire` where there was no Content-Encoding. */
  readonly body: Buffer;
}

/** `Symbol.for`, so that a second copy of the package in the process does not read the stream again. */
const RAW_BYTES = Symbol.for('armox-armalo:raw-bytes');

type Carrier = object & { [RAW_BYTES]?: RawBytes };

const carrierOf = (request: IngressRequest): Carrier => request.raw ?? request;

/** Keeps the bytes with the request: `rawBody` as they came, `body` decoded. */
export function keepRawBytes(request: IngressRequest, bytes: RawBytes): void {
  carrierOf(request)[RAW_BYTES] = bytes;
  request.rawBody = bytes.wire;
  request.body = bytes.body;
}

/** The bytes that `RawBodyMiddleware` kept, else those that somebody else did. */
export function rawBytesOf(request: IngressRequest): RawBytes | undefined {
  return ownBytesOf(request) ?? bytesKeptByOthers(request);
}

/** The bytes that `RawBodyMiddleware` kept. */
export const ownBytesOf = (request: IngressRequest): RawBytes | undefined =>
  carrierOf(request)[RAW_BYTES];

/**
 * Nest's `rawBody: true`, a `verify` callback of a parser, or a serverless platform sets `rawBody`;
 * another platform, or `express.raw()`, leaves the bytes in `body`.
 */
export function bytesKeptByOthers(request: IngressRequest): RawBytes | undefined {
  const raw = request.raw as { rawBody?: unknown; body?: unknown } | undefined;
  const kept = [request.rawBody, raw?.rawBody, request.body, raw?.body].find((bytes) =>
    Buffer.isBuffer(bytes),
  );
  return kept && { wire: kept, body: kept };
}
