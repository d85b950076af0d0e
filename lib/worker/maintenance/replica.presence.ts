import type { LoggerService } from '@nestjs/common';
import type { Random, Timers } from '../../core/index.js';
import type { HandlerRegistry } from '../../handlers/index.js';
import type { ReplicaStore, PublishedHandler, Replica } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';
import { BELIEVED_MS } from '../dispatch/other.replicas.js';
import { Outage } from '../execution/outage.js';

const KNOWN_FOR_MS = 30_000;
const RENEWED_EVERY_MS = 10_000;

export interface ReplicaPresenceDependencies {
  readonly store: ReplicaStore;
  readonly handlers: Pick<HandlerRegistry, 'all'>;
  /** This process's id among the replicas. */
  readonly replica: string;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** Makes this replica's handlers known to the others while it runs them. */
export class ReplicaPresence {
  private readonly publishing: Outage;
  private cancel = () => {};
  private renewal: Promise<void> | undefined;
  private ended = false;

  constructor(private readonly dependencies: ReplicaPresenceDependencies) {
    const consequence =
      'Until then a replica of another release may finish events without the handlers that only this one has.';
    const { logger, random } = dependencies;
    this.publishing = new Outage('make its handlers known', consequence, logger, random);
  }

  /**
   * Never rejects. Resolves when no replica believes any more that these handlers do not exist, so that
   * what the application receives from then on is not finished without them.
   */
  async begin(): Promise<void> {
    await this.renew();
    if (await this.isChange()) {
      await new Promise<void>((resolve) => this.dependencies.timers.after(BELIEVED_MS, resolve));
    }
  }

  /** Never rejects. */
  async end(): Promise<void> {
    this.ended = true;
    this.cancel();
    await this.renewal;
    const { store, replica, logger } = this.dependencies;
    try {
      await store.withdrawHandlers(replica);
    } catch (error) {
      logger.debug?.(`Its handlers are waited for ${KNOWN_FOR_MS} ms: ${errorHeadline(error)}`);
    }
  }

  private async renew(): Promise<void> {
    const { store, replica, timers } = this.dependencies;
    let next = RENEWED_EVERY_MS;
    try {
      await store.publishHandlers(replica, this.published(), KNOWN_FOR_MS);
      this.publishing.succeeded();
    } catch (error) {
      next = this.publishing.failed(error);
    }
    if (this.ended) return;
    this.cancel = timers.after(next, () => {
      this.renewal = this.renew();
    });
  }

  private published(): readonly PublishedHandler[] {
    return this.dependencies.handlers
      .all()
      .map(({ name, source, patterns }) => ({ name, source, patterns }));
  }

  private async isChange(): Promise<boolean> {
    const { store, replica } = this.dependencies;
    const ours = this.published();
    try {
      return (await store.otherReplicas(replica)).some((other) => !hasAll(other, ours));
    } catch {
      // As if there were one; publishing has failed too, and said so.
      return ours.length > 0;
    }
  }
}

const keyOf = (handler: PublishedHandler): string =>
  JSON.stringify([handler.source, handler.name, handler.patterns]);

function hasAll(other: Replica, ours: readonly PublishedHandler[]): boolean {
  const theirs = new Set(other.handlers.map(keyOf));
  return ours.every((handler) => theirs.has(keyOf(handler)));
}
