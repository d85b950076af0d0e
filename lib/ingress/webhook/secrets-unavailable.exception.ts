import { ServiceUnavailableException } from '@nestjs/common';

/** Whether a delivery is genuine cannot be told at the moment: 503, so that the sender tries again. */
export class SecretsUnavailableException extends ServiceUnavailableException {
  constructor(options?: { cause?: unknown }) {
    super(undefined, options);
  }
}
