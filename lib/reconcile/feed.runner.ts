import type { LoggerService } from '@nestjs/common';
import { diagnose, type EventFeed, type Random, type Timers } from '../core/index.js';
import { ApiNotSupportedError, ApiRateLimitedError } from '../api-client/index.js';
import type { Inbox } from '../inbox/index.js';
import { boundedPoll, FeedStuckError } from './bounded.poll.js';

/** What one feed came to in one poll. */
export interface FeedReport {
  readonly feed: string;
  /** Events that it gave. */
  readonly found: number;
  /** Those of them that no webhook had brought. */
  readonly repaired: number;
  /** `paused`: it waits for the service after a failure, or has no route there. */
  readonly outcome: 'done' | 'failed' | 'rate-limited' | 'paused';
}

const FIRST_PAUSE = 10_000;
const LONGEST_PAUSE = 300_000;
const UNSUPPORTED_PAUSE = 3_600_000;

/** One feed with its misfortunes: whatever it throws, the others go on and the service is left in peace. */
export class FeedRunner {
  private failures = 0;
  private pausedUntil = Number.NEGATIVE_INFINITY;
  /** Not waited for any more, but not at its end either. */
  private stuck = false;
  /** Said in the log already, and not mended since. */
  private lastCause: string | undefined;

  constructor(
    readonly feed: EventFeed,
    private readonly inbox: Pick<Inbox, 'accept'>,
    private readonly logger: LoggerService,
    private readonly timers: Timers,
    private readonly random: Random,
  ) {}

  async run(signal: AbortSignal): Promise<FeedReport> {
    const { source, account } = this.feed;
    const began = this.timers.now();
    const report = await this.poll(signal);
    const duration = this.timers.now() - began;
    diagnose('polled', () => ({ ...report, source, account, duration }));
    return report;
  }

  private async poll(signal: AbortSignal): Promise<FeedReport> {
    const counts = { found: 0, repaired: 0 };
    const report = (outcome: FeedReport['outcome']): FeedReport => ({
      feed: this.feed.name,
      ...counts,
      outcome,
    });
    if (this.stuck || this.timers.now() < this.pausedUntil) return report('paused');
    try {
      for await (const events of boundedPoll(this.feed, signal, this.timers)) {
        counts.found += events.length;
        const accepted = await Promise.allSettled(
          events.map((event) => this.inbox.accept(event, 'poll')),
        );
        for (const result of accepted) {
          if (result.status === 'rejected') throw result.reason;
          if (result.value.outcome === 'stored') counts.repaired += 1;
        }
        signal.throwIfAborted();
      }
      if (this.lastCause !== undefined) this.logger.log(`The feed ${this.feed.name} works again.`);
      this.lastCause = undefined;
      this.failures = 0;
      return report('done');
    } catch (error) {
      if (error instanceof FeedStuckError) this.leave(error);
      else if (!signal.aborted) return report(this.pause(error));
      return report('failed');
    } finally {
      if (counts.repaired > 0) this.tell(counts.repaired);
    }
  }

  private pause(error: unknown): FeedReport['outcome'] {
    const { name } = this.feed;
    if (error instanceof ApiRateLimitedError) {
      // The client has said so in the log already, if the service did.
      this.pausedUntil = this.timers.now() + Math.min(error.retryAfterMs, LONGEST_PAUSE);
      return 'rate-limited';
    }
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof ApiNotSupportedError) {
      this.pausedUntil = this.timers.now() + UNSUPPORTED_PAUSE;
      this.warnOnce(
        text,
        `The feed ${name} is switched off, since the service has no such route (tried again in an hour): ${text}`,
      );
      return 'paused';
    }
    const grown = FIRST_PAUSE * 2 ** Math.min(this.failures, 10);
    const wait = Math.min(grown, LONGEST_PAUSE) * (0.8 + this.random() * 0.4);
    this.failures += 1;
    this.pausedUntil = this.timers.now() + wait;
    this.warnOnce(
      text,
      `The feed ${name} failed, and goes on where it was in ${Math.ceil(wait / 1_000)} s: ${text}`,
    );
    return 'failed';
  }

  private leave({ ended, message }: FeedStuckError): void {
    this.warnOnce(message, message);
    this.stuck = true;
    void ended.then(() => (this.stuck = false));
  }

  /** Once a cause, until the feed works again. */
  private warnOnce(cause: string, line: string): void {
    if (this.lastCause === cause) return;
    this.lastCause = cause;
    this.logger.warn(line);
  }

  private tell(repaired: number): void {
    this.logger.log(
      `The feed ${this.feed.name} has brought ${repaired} events that no webhook had brought.`,
    );
  }
}
