import { HttpException, Injectable, InternalServerErrorException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IngressCounters, type IngressOutcome } from '../ingress.counters.js';
import { ThrottledLog } from '../webhook/throttled-log.js';
import type { RawRoute } from '../routes/webhook.routes.js';

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
    // Rejections have been counted and logged by who knows why.
    if (status !== 401 && status !== 404) this.note(error, status, route);
    const { httpAdapter } = this.host;
    // A middleware with a timeout may have answered while the body came in.
    if (httpAdapter.isHeadersSent(response)) return;
    // Of an upload that is too large, or broke off, there may be more to come.
    httpAdapter.setHeader(response, 'Connection', 'close');
    httpAdapter.reply(response, exception.getResponse(), status);
  }

  private note(error: unknown, status: number, { path, source }: RawRoute): void {
    if (source !== undefined) this.counters.add(source, outcomeOf(status));
    if (status === 500) {
      const text = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
      this.log.error(`${path}:500`, text);
    } else {
      this.log.warn(`${path}:${status}`, `POST ${path} was answered ${status}.`);
    }
  }
}

const outcomeOf = (status: number): IngressOutcome =>
  status === 413 ? 'too-large' : status === 500 ? 'failed' : 'malformed';
