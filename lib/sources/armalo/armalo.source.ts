import {
  identityOf,
  type OpenableDelivery,
  type SourceEvent,
  type SourceOptions,
  type WebhookSource,
} from '../../core/index.js';
import { ARMALO_EVENT_NAMES, ARMALO_SIGNATURE_HEADER } from './armalo.constants.js';
import { readArmaloEvent } from './armalo.envelope.js';
import type { AnyArmaloEvent } from './armalo.events.js';
import { ARMALO_SIGNATURE_SHAPE, verifyArmaloSignature } from './armalo.signature.js';

export type ArmaloSourceOptions = SourceOptions<AnyArmaloEvent>;

/** Reads Armalo's webhooks: what `contract` sections 3, 4 and 9 say, and nothing of Nest. */
export function armaloSource(options: ArmaloSourceOptions = {}): WebhookSource {
  return {
    name: 'armalo',
    signatureHeader: ARMALO_SIGNATURE_HEADER,
    signatureShape: ARMALO_SIGNATURE_SHAPE,
    eventNames: ARMALO_EVENT_NAMES,
    ordered: options.orderBy !== undefined,
    verify: verifyArmaloSignature,
    open: (delivery) => openArmalo(delivery, options),
  };
}

function openArmalo(
  { account, body }: OpenableDelivery,
  options: ArmaloSourceOptions,
): SourceEvent<AnyArmaloEvent> {
  const { payload, identity, occurredAt, problems } = readArmaloEvent(body);
  return {
    source: 'armalo',
    account,
    name: payload.event,
    ...identityOf('armalo', problems.length === 0 ? options : {}, payload, identity),
    occurredAt,
    body,
    payload,
    problems,
  };
}
