import { Injectable } from '@nestjs/common';
import { InboxUnavailableError } from '../../core/index.js';
import { Inbox } from '../../inbox/index.js';
import type { VerifiedDelivery } from './delivery.verifier.js';
import { EventOpener } from './event.opener.js';
import { IngressCounters } from '../ingress.counters.js';

/** What a sender is told, after the commit. */
export interface WebhookAnswer {
  readonly received: true;
  readonly duplicate: boolean;
  /** The event's id. */
  readonly id: string;
}

/** Brings a verified delivery into the inbox. */
@Injectable()
export class WebhookReceiver {
  constructor(
    private readonly opener: EventOpener,
    private readonly inbox: Inbox,
    private readonly counters: IngressCounters,
  ) {}

  async receive(delivery: VerifiedDelivery): Promise<WebhookAnswer> {
    const { source } = delivery;
    const event = this.opener.open(source, delivery);
    try {
      const { outcome, eventId } = await this.inbox.accept(event, 'webhook');
      this.counters.add(source, outcome);
      return { received: true, duplicate: outcome === 'duplicate', id: eventId };
    } catch (error) {
      this.counters.add(source, error instanceof InboxUnavailableError ? 'unavailable' : 'failed');
      throw error;
    }
  }
}
