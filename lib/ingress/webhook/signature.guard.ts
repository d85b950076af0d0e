import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { RETRY_AFTER_SECONDS } from './delivery.answers.js';
import { DeliveryVerifier } from './delivery.verifier.js';
import type { IngressRequest } from './ingress.request.js';
import { SecretsUnavailableException } from './secrets-unavailable.exception.js';

/** `header` is what an Express response and a Fastify reply have in common. */
interface IngressResponse {
  header(name: string, value: string): unknown;
}

/**
 * Lets through only requests that are signed by the source, and leaves a `RawDelivery` in
 * `request.body` for its `EventPipe`. Needs `@CaptureRawBody()` on the controller. A subclass names the source.
 */
@Injectable()
export abstract class SignatureGuard implements CanActivate {
  abstract readonly sourceName: string;

  constructor(@Inject(DeliveryVerifier) protected readonly verifier: DeliveryVerifier) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<IngressRequest>();
    try {
      request.body = await this.verifier.verify(this.sourceName, request);
      return true;
    } catch (error) {
      if (error instanceof SecretsUnavailableException) {
        http.getResponse<IngressResponse>().header('Retry-After', String(RETRY_AFTER_SECONDS));
      }
      throw error;
    }
  }
}
