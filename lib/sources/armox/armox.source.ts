import {
  identityOf,
  type OpenableDelivery,
  type SourceEvent,
  type SourceOptions,
  type WebhookSource,
} from '../../core/index.js';
import { ARMOX_EVENT_NAMES, ARMOX_SIGNATURE_HEADER } from './armox.constants.js';
import { readArmoxEvent } from './armox.envelope.js';
import type { AnyArmoxEvent } from './armox.events.js';
import { ARMOX_SIGNATURE_SHAPE, verifyArmoxSignature } from './armox.signature.js';

export type ArmoxSourceOptions = SourceOptions<AnyArmoxEvent>;

/** Reads Armox's webhooks: what `contract` sections 5 and 8 say, and nothing of Nest. */
export function armoxSource(options: ArmoxSourceOptions = {}): WebhookSource {
  return {
    name: 'armox',
    signatureHeader: ARMOX_SIGNATURE_HEADER,
    signatureShape: ARMOX_SIGNATURE_SHAPE,
    eventNames: ARMOX_EVENT_NAMES,
    ordered: options.orderBy !== undefined,
    verify: verifyArmoxSignature,
    open: (delivery) => openArmox(delivery, options),
  };
}

function openArmox(
  { account, body }: OpenableDelivery,
  options: ArmoxSourceOptions,
): SourceEvent<AnyArmoxEvent> {
  const { name, payload, identity, occurredAt, problems } = readArmoxEvent(body);
  const asked = problems.length === 0 ? options : {};
  return {
    source: 'armox',
    account,
    name,
    ...identityOf('armox', asked, payload, identity),
    ...(occurredAt === undefined ? {} : { occurredAt }),
    body,
    payload,
    problems,
  };
}
