import {
  BadRequestException,
  Inject,
  Injectable,
  type HttpException,
  type PipeTransform,
} from '@nestjs/common';
import {
  ConfigurationError,
  EnvelopeUnreadableError,
  SOURCES,
  type ConfiguredSource,
  type RawDelivery,
  type SourceEvent,
} from '../core/index.js';
import { VerifiedDelivery } from './delivery.verifier.js';

/** Reads the event from the delivery that the source's `SignatureGuard` let through. A subclass names the source. */
@Injectable()
export abstract class EventPipe<Event extends SourceEvent = SourceEvent> implements PipeTransform<
  RawDelivery,
  Event
> {
  protected abstract readonly sourceName: string;

  constructor(@Inject(SOURCES) private readonly sources: readonly ConfiguredSource[]) {}

  /** @throws BadRequestException when the signed bytes are no event */
  transform(delivery: RawDelivery): Event {
    return openVerified(this.sources, this.sourceName, delivery) as Event;
  }
}

/** @throws BadRequestException when the signed bytes are no event */
export function openVerified(
  sources: readonly ConfiguredSource[],
  name: string,
  delivery: RawDelivery | undefined,
): SourceEvent {
  const configured = sources.find(({ source }) => source.name === name);
  if (!configured || !(delivery instanceof VerifiedDelivery) || delivery.source !== name) {
    throw new ConfigurationError(
      '@UseGuards',
      `the event pipe of ${name} was given a body whose signature nobody checked; put the signature guard of ${name} on the same route.`,
    );
  }
  try {
    return configured.source.open(delivery);
  } catch (error) {
    if (error instanceof EnvelopeUnreadableError) throw unreadable(error);
    throw error;
  }
}

export const unreadable = (cause: Error): HttpException =>
  // Nest 11 leaves `error` out where options come without a description.
  new BadRequestException('The body is no readable event.', { cause, description: 'Bad Request' });
