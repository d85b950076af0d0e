import { Injectable, type Type } from '@nestjs/common';
import { SignatureGuard } from './signature.guard.js';

/** The signature guard of the built-in route of a source. */
export function webhookGuard(source: string): Type<SignatureGuard> {
  @Injectable()
  class WebhookSignatureGuard extends SignatureGuard {
    protected override readonly sourceName = source;
  }
  return WebhookSignatureGuard;
}
