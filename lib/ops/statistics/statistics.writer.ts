import type { LoggerService } from '@nestjs/common';
import { LATE, within, type Timers } from '../../core/index.js';
import type { OperatorStore } from '../../inbox/index.js';
import type { DatabaseTime } from './database.time.js';
import { MINUTE, type MinuteMemory } from './minute.memory.js';
import type { RedeliveryMemory } from './redelivery.memory.js';

const EVERY_MS = 5_000;
const PRUNED_EVERY_MS = 3_600_000;
const PRUNED_AFTER_MS = 7 * 24 * 3_600_000;
/** Four values a row at most; SQLite takes 32,766 in a statement. */
const ROWS_A_STATEMENT = 1_000;
const LAST_GRACE_MS = 5_000;

export interface StatisticsWriterDependencies {
  readonly memory: MinuteMemory;
  readonly redeliveries: RedeliveryMemory;
  readonly time: DatabaseTime;
  readonly store: Pick<OperatorStore, 'minutes' | 'redeliveries'>;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  readonly logger: Pick<LoggerService, 'warn' | 'log'>;
}

/**
 * Brings what this process has counted into the database, every five seconds. What cannot be written is kept
 * and goes with a later turn; where an answer was lost, the counts of one turn may be there twice.
 */
export class StatisticsWriter {
  private cancel = (): void => undefined;
  private writing: Promise<void> = Promise.resolve();
  private learntAt = Number.NEGATIVE_INFINITY;
  private prunedAt = Number.NEGATIVE_INFINITY;
  private stopped = false;
  private failing = false;

  constructor(private readonly dependencies: StatisticsWriterDependencies) {}

  start(): void {
    this.cancel = this.dependencies.timers.after(EVERY_MS, () => {
      void this.write().then(() => {
        if (!this.stopped) this.start();
      });
    });
  }

  /** Writes what is left, if the database takes it within five seconds. Never rejects. */
  async stop(): Promise<void> {
    // An application may be closed twice; the connections are gone then.
    if (this.stopped) return;
    this.stopped = true;
    this.cancel();
    const { logger, timers } = this.dependencies;
    if ((await within(this.write(), LAST_GRACE_MS, timers)) === LATE) {
      logger.warn('The last counts of the statistics could not be written in time.');
    }
  }

  /** After the turn that is under way, if there is one. Never rejects. */
  write(): Promise<void> {
    this.writing = this.writing.then(() => this.turn());
    return this.writing;
  }

  private async turn(): Promise<void> {
    const { memory, time, logger } = this.dependencies;
    try {
      await this.learnTime();
      await this.writeAll();
      await this.prune();
      if (this.failing) logger.log('The statistics are written again; nothing of them is lost.');
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        const text = error instanceof Error ? error.message : String(error);
        logger.warn(
          `The statistics could not be written; they are kept and written later: ${text}`,
        );
      }
      this.failing = true;
    }
    memory.forget(time.now());
  }

  private async learnTime(): Promise<void> {
    const { time, store, timers } = this.dependencies;
    if (timers.now() - this.learntAt < MINUTE) return;
    await time.learn(() => store.minutes.now());
    this.learntAt = timers.now();
  }

  private async writeAll(): Promise<void> {
    const { memory, redeliveries, store } = this.dependencies;
    const counts = memory.unwritten();
    for (let start = 0; start < counts.length; start += ROWS_A_STATEMENT) {
      const some = counts.slice(start, start + ROWS_A_STATEMENT);
      await store.minutes.add(some);
      memory.wrote(some);
    }
    const again = redeliveries.unwritten();
    for (let start = 0; start < again.length; start += ROWS_A_STATEMENT) {
      const some = again.slice(start, start + ROWS_A_STATEMENT);
      await store.redeliveries.add(some);
      redeliveries.wrote(some);
    }
  }

  /** By each process, since it is one statement that finds nothing mostly. */
  private async prune(): Promise<void> {
    const { time, store, timers } = this.dependencies;
    if (timers.now() - this.prunedAt < PRUNED_EVERY_MS) return;
    await store.minutes.forgetBefore(time.now() - PRUNED_AFTER_MS);
    this.prunedAt = timers.now();
  }
}
