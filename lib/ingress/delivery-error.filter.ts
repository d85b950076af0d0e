import {
  Catch,
  HttpException,
  InternalServerErrorException,
  Logger,
  ServiceUnavailableException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ArmoxArmaloError, EnvelopeUnreadableError, StoreUnavailableError } from '../core/index.js';
import { unreadable } from './event.pipe.js';

/** Seconds after which a sender may try again what was answered 503. */
export const RETRY_AFTER_SECONDS = 5;

/** The module's coded errors as HTTP answers, in Nest's usual JSON. */
@Catch(ArmoxArmaloError)
export class DeliveryErrorFilter implements ExceptionFilter {
  protected readonly logger = new Logger('ArmoxArmalo');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response = host.switchToHttp().getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) {
      // The answer went out after the commit; what an interceptor does later cannot change it.
      this.logger.debug(`After the answer: ${describe(error)}`);
      return;
    }
    const answer = this.answerTo(error);
    if (answer.getStatus() === 503) {
      httpAdapter.setHeader(response, 'Retry-After', String(RETRY_AFTER_SECONDS));
    }
    httpAdapter.reply(response, asJson(answer), answer.getStatus());
  }

  private answerTo(error: unknown): HttpException {
    if (error instanceof HttpException) return error;
    if (error instanceof StoreUnavailableError) {
      this.logger.error(describe(error));
      return new ServiceUnavailableException();
    }
    if (error instanceof EnvelopeUnreadableError) return unreadable(error);
    this.logger.error(describe(error), error instanceof Error ? error.stack : undefined);
    return new InternalServerErrorException();
  }
}

/**
 * Takes every error of the built-in controller, so that no global filter can turn a 503 into
 * something that the sender does not retry.
 */
@Catch()
export class WebhookExceptionFilter extends DeliveryErrorFilter {}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : 'a thrown value that is no Error';

function asJson(answer: HttpException): object {
  const body = answer.getResponse();
  return typeof body === 'object' ? body : { statusCode: answer.getStatus(), message: body };
}
