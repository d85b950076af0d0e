import type { Readable } from 'node:stream';
import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import { RawBodyUnavailableError } from '../core/index.js';
import { collectBody } from './body.collector.js';
import { decodeContent } from './content-encoding.js';
import { bytesKeptByOthers, type IngressRequest, type RawBytes } from './ingress.request.js';

/**
 * Reads the exact bytes of a request.
 * @param limit largest body in bytes, before and after its Content-Encoding is undone
 * @throws HttpException 413, 415 or 400 for what is wrong with the request
 * @throws RawBodyUnavailableError when something else has read the stream and kept no bytes
 */
export async function readRawBody(
  request: IngressRequest,
  stream: Readable,
  limit: number,
): Promise<RawBytes> {
  if (stream.readableDidRead || stream.readableEnded) return alreadyRead(request, limit);
  const declared = Number(request.headers['content-length']);
  const upload = await collectBody(stream, limit, declared);
  switch (upload.outcome) {
    case 'too-large':
      throw new PayloadTooLargeException();
    case 'aborted':
      throw new BadRequestException('The request ended before its body did.');
    case 'complete': {
      const encoding = request.headers['content-encoding'];
      return { wire: upload.bytes, body: await decodeContent(upload.bytes, encoding, limit) };
    }
  }
}

function alreadyRead(request: IngressRequest, limit: number): RawBytes {
  const kept = bytesKeptByOthers(request);
  if (!kept) throw new RawBodyUnavailableError(whatReadItAndWhatToChange(request));
  if (kept.wire.length > limit) throw new PayloadTooLargeException();
  return kept;
}

const whatReadItAndWhatToChange = (request: IngressRequest): string =>
  `The body of ${request.method} ${pathOf(request)} was read before this module could keep its bytes, ` +
  'so no signature can be checked and every delivery is answered 500. Usual causes: an Express ' +
  'instance with `express.json()` already mounted that is handed to `NestFactory.create` (mount the parser ' +
  'after `NestFactory.create`, with `app.use(express.json())`), or on Fastify a middleware in `app.use(…)` that reads ' +
  'the request (use `app.useBodyParser(…)`). Or let the parser keep the bytes: ' +
  '`express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes; } })`.';

const pathOf = (request: IngressRequest): string =>
  (request.originalUrl ?? request.url).split('?', 1)[0] ?? '';
