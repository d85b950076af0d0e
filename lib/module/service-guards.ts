import { Injectable } from '@nestjs/common';
import type { SourceEvent } from '../core/index.js';
import { EventPipe, SignatureGuard } from '../ingress/index.js';
import type { AnyArmaloEvent } from '../sources/armalo/index.js';
import type { AnyArmoxEvent } from '../sources/armox/index.js';

/** Lets through only what Armox has signed. For a controller of your own, below `@CaptureRawBody()`. */
@Injectable()
export class ArmoxSignatureGuard extends SignatureGuard {
  override readonly sourceName = 'armox';
}

/** Lets through only what Armalo has signed. For a controller of your own, below `@CaptureRawBody()`. */
@Injectable()
export class ArmaloSignatureGuard extends SignatureGuard {
  override readonly sourceName = 'armalo';
}

/** `@Body(ArmoxEventPipe) event`: the event in what `ArmoxSignatureGuard` let through. */
@Injectable()
export class ArmoxEventPipe extends EventPipe<SourceEvent<AnyArmoxEvent>> {
  protected override readonly sourceName = 'armox';
}

/** `@Body(ArmaloEventPipe) event`: the event in what `ArmaloSignatureGuard` let through. */
@Injectable()
export class ArmaloEventPipe extends EventPipe<SourceEvent<AnyArmaloEvent>> {
  protected override readonly sourceName = 'armalo';
}
