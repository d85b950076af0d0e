import { BadRequestException, Inject, Injectable, type HttpException } from '@nestjs/common';
import {
  ArmoxArmaloConfigurationError,
  EnvelopeUnreadableError,
  SOURCES,
  type ConfiguredSource,
  type RawDelivery,
  type SourceEvent,
} from '../../core/index.js';
import { VerifiedDelivery } from './delivery.verifier.js';
import { IngressCounters } from '../ingress.counters.js';
import { ThrottledLog } from './throttled-log.js';

/** Reads the event in what a signature guard let through. */
@Injectable()
export class EventOpener {
  private readonly log = new ThrottledLog();

  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly counters: IngressCounters,
  ) {}

  /** @throws BadRequestException when the signed bytes are no event */
  open(source: string, delivery: RawDelivery | undefined): SourceEvent {
    const configured = this.sources.find((candidate) => candidate.source.name === source);
    if (!configured || !(delivery instanceof VerifiedDelivery) || delivery.source !== source) {
      throw new ArmoxArmaloConfigurationError(
        '@UseGuards',
        `the event pipe of ${source} was given a body whose signature nobody checked; put the signature guard of ${source} on the same route.`,
      );
    }
    try {
      return configured.source.open(delivery);
    } catch (error) {
      if (!(error instanceof EnvelopeUnreadableError)) {
        this.counters.add(source, 'failed');
        throw error;
      }
      this.counters.add(source, 'unreadable');
      this.log.warn(source, `A delivery of ${source} was answered 400. ${error.message}`);
      throw unreadable(error);
    }
  }
}

export const unreadable = (cause: Error): HttpException =>
  // Nest 11 leaves `error` out where options come without a description.
  new BadRequestException('The body is no readable event.', { cause, description: 'Bad Request' });
