import { Inject, Injectable, type PipeTransform } from '@nestjs/common';
import type { RawDelivery, SourceEvent } from '../../core/index.js';
import { EventOpener } from './event.opener.js';

/** Reads the event from the delivery that the source's `SignatureGuard` let through. A subclass names the source. */
@Injectable()
export abstract class EventPipe<Event extends SourceEvent = SourceEvent> implements PipeTransform<
  RawDelivery,
  Event
> {
  protected abstract readonly sourceName: string;

  constructor(@Inject(EventOpener) private readonly opener: EventOpener) {}

  /** @throws BadRequestException when the signed bytes are no event */
  transform(delivery: RawDelivery): Event {
    return this.opener.open(this.sourceName, delivery) as Event;
  }
}
