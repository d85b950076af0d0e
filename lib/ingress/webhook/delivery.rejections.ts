import { Injectable, NotFoundException, UnauthorizedException } from '@nestjs/common';
import type { ConfiguredSource } from '../../core/index.js';
import { IngressCounters } from '../ingress.counters.js';
import type { IngressRequest } from './ingress.request.js';
import { ThrottledLog } from './throttled-log.js';

/** Refuses what cannot be genuine, and tells the log why: the sender is not told. */
@Injectable()
export class DeliveryRejections {
  private readonly log = new ThrottledLog();

  constructor(private readonly counters: IngressCounters) {}

  /** What is wrong with the signature header, if it can be seen without body and secrets. */
  unsigned(
    configured: ConfiguredSource,
    request: IngressRequest,
  ): UnauthorizedException | undefined {
    const { signatureHeader, signatureShape } = configured.source;
    const header = request.headers[signatureHeader];
    if (header === undefined) {
      return this.unauthorized(configured, `it has no ${signatureHeader} header`);
    }
    if (typeof header === 'string' && (signatureShape?.test(header) ?? true)) return undefined;
    return this.unauthorized(configured, `its ${signatureHeader} header is no signature`);
  }

  unauthorized({ source }: ConfiguredSource, why: string): UnauthorizedException {
    this.counters.add(source.name, 'rejected');
    this.log.warn(
      `${source.name}:${why}`,
      `A delivery of ${source.name} was answered 401: ${why}.`,
    );
    return new UnauthorizedException();
  }

  /** There is no such service or account. */
  notFound(request: IngressRequest): NotFoundException {
    return new NotFoundException(`Cannot ${request.method} ${request.originalUrl ?? request.url}`);
  }
}
