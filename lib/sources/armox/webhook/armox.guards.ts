import { Injectable } from '@nestjs/common';
import type { SourceEvent } from '../../../core/index.js';
import { EventPipe, SignatureGuard } from '../../../ingress/index.js';
import type { AnyArmoxEvent } from './armox.events.js';

/** Lets through only what Armox has signed. For a controller of your own, below `@CaptureRawBody()`. */
@Injectable()
export class ArmoxSignatureGuard extends SignatureGuard {
  override readonly sourceName = 'armox';
}

/** `@Body(ArmoxEventPipe) event`: the event in what `ArmoxSignatureGuard` let through. */
@Injectable()
export class ArmoxEventPipe extends EventPipe<SourceEvent<AnyArmoxEvent>> {
  protected override readonly sourceName = 'armox';
}
