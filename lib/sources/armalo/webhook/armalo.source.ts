import {
  SourceDecisions,
  type EventReading,
  type OpenableDelivery,
  type SourceEvent,
  type WebhookSource,
} from '../../../core/index.js';
import { ARMALO_EVENT_NAMES, ARMALO_SIGNATURE_HEADER } from '../armalo.constants.js';
import type { ArmaloOptions } from '../armalo.options.js';
import { armaloIdentity, readArmaloEvent } from './armalo.envelope.js';
import type { AnyArmaloEvent } from './armalo.events.js';
import { ARMALO_SIGNATURE_SHAPE, verifyArmaloSignature } from './armalo.signature.js';

export type ArmaloSourceOptions = Pick<ArmaloOptions, 'identify' | 'orderingKey'>;

/** Reads Armalo's webhooks: what its pages document, and what they leave open. */
export function armaloSource(options: ArmaloSourceOptions = {}): WebhookSource {
  const decisions = new SourceDecisions('armalo', options);
  return {
    name: 'armalo',
    signatureHeader: ARMALO_SIGNATURE_HEADER,
    signatureShape: ARMALO_SIGNATURE_SHAPE,
    eventNames: ARMALO_EVENT_NAMES,
    ordered: options.orderingKey !== undefined,
    verify: verifyArmaloSignature,
    open: (delivery) => openArmalo(delivery, decisions),
    read: ({ body }) => readArmalo(body),
  };
}

function openArmalo(
  { account, body }: OpenableDelivery,
  decisions: SourceDecisions<AnyArmaloEvent>,
): SourceEvent<AnyArmaloEvent> {
  const reading = readArmaloEvent(body);
  const { payload, occurredAt, problems } = reading;
  const own = { id: armaloIdentity(reading, body) };
  return {
    source: 'armalo',
    account,
    name: payload.event,
    ...(problems.length === 0 ? decisions.of(payload, own) : own),
    ...(occurredAt === undefined ? {} : { occurredAt }),
    body,
    payload,
    problems,
  };
}

/** The name that was stored is the one in the bytes, as Armalo wrote it. */
function readArmalo(body: Buffer): EventReading<AnyArmaloEvent> {
  const { payload, problems } = readArmaloEvent(body);
  return { payload, problems };
}
