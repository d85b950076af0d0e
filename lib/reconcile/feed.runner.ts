import type { LoggerService } from '@nestjs/common';
import type { Clock, Feed, Random } from '../core/index.js';
import { NotSupportedError, RateLimitedError } from '../http/index.js';
import type { Inbox } from '../inbox/index.js';

/** What one feed came to in one round. */
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
  private pausedUntil = 0;

  constructor(
    readonly feed: Feed,
    private readonly inbox: Pick<Inbox, 'accept'>,
    private readonly logger: LoggerService,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  async run(signal: AbortSignal): Promise<FeedReport> {
    const counts = { found: 0, repaired: 0 };
    const report = (outcome: FeedReport['outcome']): FeedReport => ({
      feed: this.feed.name,
      ...counts,
      outcome,
    });
    if (this.clock.now() < this.pausedUntil) return report('paused');
    try {
      for await (const events of this.feed.poll(signal)) {
        counts.found += events.length;
        const accepted = await Promise.allSettled(
          events.map((event) => this.inbox.accept(event, 'reconcile')),
        );
        for (const result of accepted) {
          if (result.status === 'rejected') throw result.reason;
          if (result.value.outcome === 'stored') counts.repaired += 1;
        }
        signal.throwIfAborted();
      }
      if (this.failures > 0) this.logger.log(`The feed ${this.feed.name} works again.`);
      this.failures = 0;
      return report('done');
    } catch (error) {
      if (signal.aborted) return report('failed');
      return report(this.pause(error));
    } finally {
      if (counts.repaired > 0) this.tell(counts.repaired);
    }
  }

  private pause(error: unknown): FeedReport['outcome'] {
    const { name } = this.feed;
    if (error instanceof RateLimitedError) {
      // The client has said so in the log already, if the service did.
      this.pausedUntil = this.clock.now() + Math.min(error.retryAfterMs, LONGEST_PAUSE);
      return 'rate-limited';
    }
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof NotSupportedError) {
      this.pausedUntil = this.clock.now() + UNSUPPORTED_PAUSE;
      this.warnOnce(
        `The feed ${name} is switched off, since the service has no such route (tried again in an hour): ${text}`,
      );
      return 'paused';
    }
    const grown = FIRST_PAUSE * 2 ** Math.min(this.failures, 10);
    const wait = Math.min(grown, LONGEST_PAUSE) * (0.8 + this.random() * 0.4);
    this.failures += 1;
    this.pausedUntil = this.clock.now() + wait;
    this.logger.warn(
      `The feed ${name} failed, and goes on where it was in ${Math.ceil(wait / 1_000)} s: ${text}`,
    );
    return 'failed';
  }

  private warned = false;
  private warnOnce(text: string): void {
    if (this.warned) return;
    this.warned = true;
    this.logger.warn(text);
  }

  private tell(repaired: number): void {
    this.logger.log(
      `The feed ${this.feed.name} has brought ${repaired} events that no webhook had brought.`,
    );
  }
}
