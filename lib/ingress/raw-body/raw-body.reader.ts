import type { Readable } from 'node:stream';
import {
  BadRequestException,
  Inject,
  Injectable,
  PayloadTooLargeException,
  type HttpException,
} from '@nestjs/common';
import { RawBodyUnavailableError, SOURCES, type ConfiguredSource } from '../../core/index.js';
import { collectBody, discardBody } from './body.collector.js';
import { decodeContent } from './content-encoding.js';
import { DeliveryRejections } from '../webhook/delivery.rejections.js';
import {
  bytesKeptByOthers,
  type IngressRequest,
  type RawBytes,
} from '../webhook/ingress.request.js';
import type { RawRoute } from '../routes/webhook.routes.js';

/** Reads the exact bytes of the requests to routes that get raw bodies. */
@Injectable()
export class RawBodyReader {
  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly rejections: DeliveryRejections,
  ) {}

  /**
   * @throws HttpException 404 or 401 for what cannot be a delivery, without keeping its body in memory:
   *   anybody can send one; 413, 415 or 400 for what is wrong with the body
   * @throws RawBodyUnavailableError when something else has read the stream and kept no bytes
   */
  async read(request: IngressRequest, stream: Readable, route: RawRoute): Promise<RawBytes> {
    const refusal = this.refusal(request, route);
    if (refusal) {
      await discardBody(stream);
      throw refusal;
    }
    const kept = bytesKeptByOthers(request);
    if (!kept) return readStream(request, stream, route.limit);
    if (kept.wire.length > route.limit) throw new PayloadTooLargeException();
    return kept;
  }

  private refusal(request: IngressRequest, route: RawRoute): HttpException | undefined {
    if (route.source === undefined) return undefined;
    const configured = this.sources.find(({ source }) => source.name === route.source);
    if (!configured || (route.account && !configured.accounts)) {
      return this.rejections.notFound(request);
    }
    return this.rejections.unsigned(configured, request);
  }
}

async function readStream(
  request: IngressRequest,
  stream: Readable,
  limit: number,
): Promise<RawBytes> {
  if (stream.readableDidRead || stream.readableEnded) {
    throw new RawBodyUnavailableError(whatReadItAndWhatToChange(request));
  }
  const declared = Number(request.headers['content-length']);
  const upload = await collectBody(stream, limit, declared);
  switch (upload.outcome) {
    case 'too-large':
      throw new PayloadTooLargeException();
    case 'aborted':
      throw new BadRequestException('The request ended before its body did.');
    case 'complete': {
      const { bytes: wire } = upload;
      const encoding = request.headers['content-encoding'];
      if (encoding === undefined) return { wire, body: wire };
      return { wire, body: await decodeContent(wire, encoding, limit) };
    }
  }
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
