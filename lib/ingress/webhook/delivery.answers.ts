import {
  HttpException,
  Injectable,
  InternalServerErrorException,
  Logger,
  ServiceUnavailableException,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EnvelopeUnreadableError, InboxUnavailableError } from '../../core/index.js';
import { unreadable } from './event.opener.js';
import { answerJson } from './json.answer.js';
import { rootCauseOf } from './root-cause.js';
import { ThrottledLog } from './throttled-log.js';

/** Seconds after which a sender may try again what was answered 503. */
export const RETRY_AFTER_SECONDS = 5;

/** With the error that was answered, if any. Fastify may still be sending, so it cannot be asked. */
const answered = new WeakMap<object, unknown>();

/** Tells the sender, once, what became of a delivery. */
@Injectable()
export class DeliveryAnswers {
  private readonly logger = new Logger('ArmoxArmalo');
  private readonly log = new ThrottledLog(this.logger);

  constructor(private readonly host: HttpAdapterHost) {}

  accept(response: object, answer: object): void {
    this.send(response, answer, 200);
  }

  /** In Nest's usual JSON. @param source name of the source, where it is known */
  refuse(response: object, error: unknown, source?: string): void {
    if (this.isAnswered(response, error)) return;
    const answer = this.answerTo(error, source);
    const status = answer.getStatus();
    if (status === 503) {
      this.host.httpAdapter.setHeader(response, 'Retry-After', String(RETRY_AFTER_SECONDS));
    }
    this.send(response, asJson(answer), status, error);
  }

  /** Whether the sender has its answer; an error that comes later is noted, and changes nothing. */
  isAnswered(response: object, error: unknown): boolean {
    const given =
      answered.has(response) || (this.host.httpAdapter.isHeadersSent(response) as boolean);
    if (given && answered.get(response) !== error) {
      this.logger.debug(`After the answer: ${describe(error)}`);
    }
    return given;
  }

  private send(response: object, body: object, status: number, error?: unknown): void {
    answered.set(response, error);
    answerJson(this.host.httpAdapter, response, body, status);
  }

  private answerTo(error: unknown, source: string | undefined): HttpException {
    if (error instanceof HttpException) return error;
    if (error instanceof EnvelopeUnreadableError) return unreadable(error);
    const delivery = source === undefined ? 'A delivery' : `A delivery of ${source}`;
    if (error instanceof InboxUnavailableError) {
      const cause = rootCauseOf(error);
      const because = cause ? ` Cause: ${cause.code}, ${cause.text}` : '';
      this.log.error(
        `${source ?? ''}:503:${cause?.code ?? ''}`,
        `${delivery} was answered 503, so that the sender tries again. ${error.message}${because}`,
      );
      return new ServiceUnavailableException();
    }
    const name = error instanceof Error ? error.name : typeof error;
    const stack = error instanceof Error ? error.stack : undefined;
    this.log.error(
      `${source ?? ''}:500:${name}`,
      `${delivery} was answered 500. ${describe(error)}`,
      stack,
    );
    return new InternalServerErrorException();
  }
}

export const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : 'a thrown value that is no Error';

function asJson(answer: HttpException): object {
  const body = answer.getResponse();
  return typeof body === 'object' ? body : { statusCode: answer.getStatus(), message: body };
}
