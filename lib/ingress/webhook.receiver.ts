import { HttpException, Inject, Injectable } from '@nestjs/common';
import {
  SOURCES,
  StoreUnavailableError,
  type ConfiguredSource,
  type SourceEvent,
} from '../core/index.js';
import { Inbox } from '../inbox/index.js';
import { verifiedDeliveryOf } from './delivery.verifier.js';
import { openVerified } from './event.pipe.js';
import { IngressCounters } from './ingress.counters.js';
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
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly inbox: Inbox,
    private readonly counters: IngressCounters,
  ) {}

  async receive(source: string, request: IngressRequest): Promise<WebhookAnswer> {
    const event = this.open(source, request);
    try {
      const { outcome, eventId } = await this.inbox.accept(event, 'webhook');
      this.counters.add(source, outcome);
      return { received: true, duplicate: outcome === 'duplicate', id: eventId };
    } catch (error) {
      this.counters.add(source, error instanceof StoreUnavailableError ? 'unavailable' : 'failed');
      throw error;
    }
  }

  private open(source: string, request: IngressRequest): SourceEvent {
    try {
      return openVerified(this.sources, source, verifiedDeliveryOf(request));
    } catch (error) {
      this.counters.add(source, error instanceof HttpException ? 'unreadable' : 'failed');
      throw error;
    }
  }
}
