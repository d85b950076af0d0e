import {
  Catch,
  HttpException,
  Inject,
  Injectable,
  InternalServerErrorException,
  type ArgumentsHost,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { DeliveryAnswers, describe } from './delivery.answers.js';
import { IngressCounters } from '../ingress.counters.js';
import { ThrottledLog } from './throttled-log.js';

const WHAT_TO_DO =
  'nothing of it is kept. Let the webhooks through: `decorators: [Public()]` in the options of ArmoxArmaloModule, with ' +
  'the decorator that your guard looks for; or write a controller of your own, with `controller: false`.';

/**
 * The filter of the built-in route of a source. The route's own guard answers by itself, so what comes
 * here without an answer was thrown by the application, before the delivery was looked at.
 */
export function webhookFilter(source: string): Type<ExceptionFilter> {
  @Catch()
  @Injectable()
  class WebhookFilter implements ExceptionFilter {
    private readonly log = new ThrottledLog();

    constructor(
      @Inject(DeliveryAnswers) private readonly answers: DeliveryAnswers,
      @Inject(IngressCounters) private readonly counters: IngressCounters,
    ) {}

    catch(error: unknown, host: ArgumentsHost): void {
      const response = host.switchToHttp().getResponse<object>();
      if (this.answers.isAnswered(response, error)) return;
      const answer = error instanceof HttpException ? error : new InternalServerErrorException();
      const status = answer.getStatus();
      const name = error instanceof Error ? error.name : typeof error;
      this.counters.add(source, 'refused');
      this.log.warn(
        `${status}:${name}`,
        `A delivery of ${source} was answered ${status} by a guard of the application ` +
          `(${error instanceof HttpException ? name : describe(error)}), before its signature was looked at; ${WHAT_TO_DO}`,
      );
      this.answers.refuse(response, answer, source);
    }
  }
  return WebhookFilter;
}
