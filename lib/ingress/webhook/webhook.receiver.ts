import { Injectable } from '@nestjs/common';
import { InboxUnavailableError } from '../../core/index.js';
import { Inbox } from '../../inbox/index.js';
import { verifiedDeliveryOf } from './delivery.verifier.js';
import { EventOpener } from './event.opener.js';
import { IngressCounters } from '../ingress.counters.js';
import type { IngressRequest } from './ingress.request.js';

/** What a sender is told, after the commit. */
export interface WebhookAnswer {
  readonly received: true;
  readonly duplicate: boolean;
  /** The event's id. */
  readonly id: string;
}

/** Brings a request that the signature guard let through into the inbox. */
@Injectable()
export class WebhookReceiver {
  constructor(
    private readonly opener: EventOpener,
    private readonly inbox: Inbox,
    private readonly counters: IngressCounters,
  ) {}

  async receive(source: string, request: IngressRequest): Promise<WebhookAnswer> {
    const event = this.opener.open(source, verifiedDeliveryOf(request));
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
