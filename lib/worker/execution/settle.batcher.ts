import type { LoggerService } from '@nestjs/common';
import { diagnose, type Random, type Timers } from '../../core/index.js';
import type { WorkStore, Settlement } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';
import { Outage } from './outage.js';

/**
 * `refused`: the lease had gone to somebody else. `dropped`: it could not be written at any try, and
 * the event is run again.
 */
export type SettleOutcome = 'settled' | 'refused' | 'dropped';

interface Entry {
  settlement: Settlement;
  readonly isOurs: () => boolean;
  readonly resolve: (outcome: SettleOutcome) => void;
  failures: number;
}

const LARGEST_GROUP = 500;
/** Heartbeats succeed and this settle does not: better run again than held for ever. */
const MOST_TRIES = 12;
const UNRECORDABLE = 'The error could not be recorded.';

/**
 * While one group is being written the next one gathers, so a busy worker shares commits and an idle
 * one waits for nobody.
 */
export class SettleBatcher {
  private queue: Entry[] = [];
  private writing = false;
  private abandoned = false;
  private readonly outage: Outage;
  private wake: (() => void) | undefined;

  constructor(
    private readonly store: Pick<WorkStore, 'settle'>,
    private readonly timers: Timers,
    random: Random,
    private readonly logger: LoggerService,
  ) {
    const consequence = 'Tried again; what cannot be settled after a minute or so runs again.';
    this.outage = new Outage('settle events', consequence, logger, random);
  }

  /** Never rejects. @param isOurs whether the lease can still be ours */
  settle(settlement: Settlement, isOurs: () => boolean): Promise<SettleOutcome> {
    return new Promise((resolve) => {
      this.queue.push({ settlement, isOurs, resolve, failures: 0 });
      if (this.writing) return;
      this.writing = true;
      // After the handlers that end in this very turn have joined.
      setImmediate(() => void this.write());
    });
  }

  /** Shutdown has waited long enough: what cannot be written at the next try is dropped. */
  abandon(): void {
    this.abandoned = true;
    this.wake?.();
  }

  private async write(): Promise<void> {
    while (this.queue.length > 0) {
      const wait = await this.writeGroup(this.nextGroup());
      if (wait > 0 && !this.abandoned) await this.pause(wait);
    }
    this.writing = false;
  }

  /** One that has failed twice goes alone, so that it cannot hold its neighbours back. */
  private nextGroup(): readonly Entry[] {
    const [first] = this.queue;
    const size = first && first.failures >= 2 ? 1 : LARGEST_GROUP;
    const candidates = this.queue.splice(0, size);
    const group = candidates.filter((entry, at) => at === 0 || entry.failures < 2);
    if (group.length < candidates.length) {
      this.queue.unshift(...candidates.filter((entry, at) => at > 0 && entry.failures >= 2));
    }
    return group;
  }

  private async writeGroup(group: readonly Entry[]): Promise<number> {
    const began = this.timers.now();
    const tell = (outcome: 'done' | 'failed') =>
      diagnose('settle-ended', () => ({
        events: group.length,
        outcome,
        duration: this.timers.now() - began,
      }));
    try {
      const refused = await this.store.settle(group.map((entry) => entry.settlement));
      tell('done');
      this.outage.succeeded();
      for (const { resolve, settlement } of group) {
        resolve(refused.has(settlement.id) ? 'refused' : 'settled');
      }
      return 0;
    } catch (error) {
      tell('failed');
      const wait = this.outage.failed(error);
      for (const entry of group) this.retryOrDrop(entry, error);
      return wait;
    }
  }

  private retryOrDrop(entry: Entry, error: unknown): void {
    entry.failures++;
    if (entry.isOurs() && !this.abandoned && entry.failures < MOST_TRIES) {
      // Alone and refused by the database: what is left to suspect is the text.
      if (entry.failures === 3) entry.settlement = withoutTexts(entry.settlement);
      this.queue.push(entry);
      return;
    }
    this.logger.error(
      `Event #${entry.settlement.id} could not be settled as ${entry.settlement.to}, and will be run ` +
        `again: ${errorHeadline(error)}`,
    );
    entry.resolve('dropped');
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.timers.after(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

function withoutTexts(settlement: Settlement): Settlement {
  const failures = settlement.failures.map((failure) => ({ ...failure, error: UNRECORDABLE }));
  return 'error' in settlement
    ? { ...settlement, failures, error: UNRECORDABLE }
    : { ...settlement, failures };
}
