import {
  SourceDecisions,
  type EventReading,
  type OpenableDelivery,
  type SourceEvent,
  type StoredDelivery,
  type WebhookSource,
} from '../../../core/index.js';
import { ARMOX_EVENT_NAMES, ARMOX_SIGNATURE_HEADER } from '../armox.constants.js';
import type { ArmoxOptions } from '../armox.options.js';
import { readArmoxEvent } from './armox.envelope.js';
import type { AnyArmoxEvent } from './armox.events.js';
import { ARMOX_SIGNATURE_SHAPE, verifyArmoxSignature } from './armox.signature.js';
import { earlierEvents, laterEvents } from './job.order.js';

export type ArmoxSourceOptions = Pick<ArmoxOptions, 'identify' | 'orderingKey' | 'stale'>;

/** Reads Armox's webhooks: what its pages document, and what they leave open. */
export function armoxSource(options: ArmoxSourceOptions = {}): WebhookSource {
  const reader = new ArmoxReader(options);
  return {
    name: 'armox',
    signatureHeader: ARMOX_SIGNATURE_HEADER,
    signatureShape: ARMOX_SIGNATURE_SHAPE,
    eventNames: ARMOX_EVENT_NAMES,
    ordered: reader.ordersJobs || options.orderingKey !== undefined,
    verify: verifyArmoxSignature,
    open: (delivery) => reader.open(delivery),
    read: (stored) => reader.read(stored),
  };
}

class ArmoxReader {
  private readonly decisions: SourceDecisions<AnyArmoxEvent>;
  /** Whether the events of a job run one at a time. */
  readonly ordersJobs: boolean;
  /** Whether the events of a job can be told from each other's ids. */
  private readonly knowsOrder: boolean;

  constructor(options: ArmoxSourceOptions) {
    this.decisions = new SourceDecisions('armox', options);
    this.ordersJobs = options.stale !== 'run';
    this.knowsOrder = this.ordersJobs && options.identify === undefined;
  }

  open({ account, body }: OpenableDelivery): SourceEvent<AnyArmoxEvent> {
    const { name, payload, identity, job, occurredAt, problems } = readArmoxEvent(body);
    const own = { id: identity, ...(job && this.ordersJobs && { orderKey: job.id }) };
    const supersedes = job && this.knowsOrder ? earlierEvents(job.id, job.status) : [];
    return {
      source: 'armox',
      account,
      name,
      ...(problems.length === 0 ? this.decisions.of(payload, own) : own),
      ...(occurredAt !== undefined && { occurredAt }),
      ...(supersedes.length > 0 && { supersedes }),
      body,
      payload,
      problems,
    };
  }

  read({ name, body }: StoredDelivery): EventReading<AnyArmoxEvent> {
    const { payload, job, problems } = readArmoxEvent(body, name);
    const supersededBy = job && this.knowsOrder ? laterEvents(job.id, job.status) : [];
    return { payload, problems, ...(supersededBy.length > 0 && { supersededBy }) };
  }
}
