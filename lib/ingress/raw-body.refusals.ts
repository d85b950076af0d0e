import { HttpException, Injectable, InternalServerErrorException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IngressCounters, type IngressOutcome } from './ingress.counters.js';
import { ThrottledLog } from './throttled-log.js';
import type { RawRoute } from './webhook.routes.js';

/**
 * Answers a request whose body could not be had. It does so itself, in front of guards and filters:
 * what comes after would try to read the rest of the stream.
 */
@Injectable()
export class RawBodyRefusals {
  private readonly log = new ThrottledLog();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly counters: IngressCounters,
  ) {}

  answer(error: unknown, response: unknown, route: RawRoute): void {
    const exception = error instanceof HttpException ? error : new InternalServerErrorException();
    const status = exception.getStatus();
    if (route.source !== undefined) this.counters.add(route.source, outcomeOf(status));
    if (status === 500) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
      this.log.error(`${route.path}:500`, text);
    } else {
      this.log.warn(`${route.path}:${status}`, `POST ${route.path} was answered ${status}.`);
    }
    const { httpAdapter } = this.host;
    // A middleware with a timeout may have answered while the body came in.
    if (httpAdapter.isHeadersSent(response)) return;
    // Of an upload that is too large, or broke off, there may be more to come.
    httpAdapter.setHeader(response, 'Connection', 'close');
    httpAdapter.reply(response, exception.getResponse(), status);
  }
}

const outcomeOf = (status: number): IngressOutcome =>
  status === 413 ? 'too-large' : status === 500 ? 'failed' : 'malformed';
