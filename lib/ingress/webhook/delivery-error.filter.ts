import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ArmoxArmaloError } from '../../core/index.js';
import { DeliveryAnswers } from './delivery.answers.js';

/** The module's coded errors as HTTP answers, in controllers of the application. */
@Catch(ArmoxArmaloError)
export class DeliveryErrorFilter implements ExceptionFilter {
  private readonly answers: DeliveryAnswers;

  /** Takes nothing of this module's, so that `@CaptureRawBody()` works in modules that do not import it. */
  constructor(host: HttpAdapterHost) {
    this.answers = new DeliveryAnswers(host);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    this.answers.refuse(host.switchToHttp().getResponse<object>(), error);
  }
}
