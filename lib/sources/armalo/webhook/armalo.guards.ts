import { Injectable } from '@nestjs/common';
import type { SourceEvent } from '../../../core/index.js';
import { EventPipe, SignatureGuard } from '../../../ingress/index.js';
import type { AnyArmaloEvent } from './armalo.events.js';

/** Lets through only what Armalo has signed. For a controller of your own, below `@CaptureRawBody()`. */
@Injectable()
export class ArmaloSignatureGuard extends SignatureGuard {
  override readonly sourceName = 'armalo';
}

/** `@Body(ArmaloEventPipe) event`: the event in what `ArmaloSignatureGuard` let through. */
@Injectable()
export class ArmaloEventPipe extends EventPipe<SourceEvent<AnyArmaloEvent>> {
  protected override readonly sourceName = 'armalo';
}
