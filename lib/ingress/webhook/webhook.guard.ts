import { Inject, Injectable, type ExecutionContext, type Type } from '@nestjs/common';
import { DeliveryAnswers } from './delivery.answers.js';
import { DeliveryVerifier } from './delivery.verifier.js';
import type { IngressRequest } from './ingress.request.js';
import { SignatureGuard } from './signature.guard.js';
import { WebhookReceiver } from './webhook.receiver.js';

/**
 * The guard of the built-in route of a source. It receives and answers: it is the last place that the
 * application's own interceptors, pipes and filters cannot reach, and still behind its guards.
 */
export function webhookGuard(source: string): Type<SignatureGuard> {
  @Injectable()
  class WebhookGuard extends SignatureGuard {
    override readonly sourceName = source;

    constructor(
      @Inject(DeliveryVerifier) verifier: DeliveryVerifier,
      @Inject(WebhookReceiver) private readonly receiver: WebhookReceiver,
      @Inject(DeliveryAnswers) private readonly answers: DeliveryAnswers,
    ) {
      super(verifier);
    }

    override async canActivate(context: ExecutionContext): Promise<boolean> {
      const http = context.switchToHttp();
      const response = http.getResponse<object>();
      try {
        const delivery = await this.verifier.verify(source, http.getRequest<IngressRequest>());
        this.answers.accept(response, await this.receiver.receive(delivery));
        return true;
      } catch (error) {
        this.answers.refuse(response, error, source);
        throw error;
      }
    }
  }
  return WebhookGuard;
}
