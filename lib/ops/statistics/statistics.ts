import type { LoggerService } from '@nestjs/common';
import type { Clock, Timers } from '../../core/index.js';
import type { MinuteCount, OperatorStore } from '../../inbox/index.js';
import { DatabaseTime } from './database.time.js';
import { EventCounter } from './event.counter.js';
import { MinuteMemory } from './minute.memory.js';
import { RedeliveryMemory } from './redelivery.memory.js';
import { StatisticsWriter } from './statistics.writer.js';

export interface StatisticsDependencies {
  readonly store: Pick<OperatorStore, 'minutes' | 'redeliveries'>;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  readonly clock: Clock;
  readonly logger: Pick<LoggerService, 'warn' | 'log'>;
}

/** What happens to the events of each source, by the minute: this process counts, and all replicas together are read. */
export class Statistics {
  /** The database's, as far as it is known. */
  readonly time: Clock;
  private readonly memory = new MinuteMemory();
  private readonly counter: EventCounter;
  private readonly writer: StatisticsWriter;

  constructor(private readonly dependencies: StatisticsDependencies) {
    const { memory } = this;
    const redeliveries = new RedeliveryMemory();
    const time = new DatabaseTime(dependencies.timers, dependencies.clock);
    this.time = time;
    this.counter = new EventCounter(memory, redeliveries, time);
    this.writer = new StatisticsWriter({ ...dependencies, memory, redeliveries, time });
  }

  start(): void {
    this.counter.start();
    this.writer.start();
  }

  /** Resolves when what was counted is written, or cannot be. Never rejects. */
  async stop(): Promise<void> {
    this.counter.stop();
    await this.writer.stop();
  }

  /** Brings what was counted into the database, now. Never rejects: what cannot be written is kept. */
  write(): Promise<void> {
    return this.writer.write();
  }

  /** Of all replicas. @param time of the first minute's beginning, in epoch milliseconds */
  since(time: number): Promise<readonly MinuteCount[]> {
    return this.dependencies.store.minutes.since(time);
  }

  /** As `since`, of this process alone and from memory, which goes back an hour. */
  ownSince(time: number): readonly MinuteCount[] {
    return this.memory.counted().filter(({ minute }) => minute >= time);
  }
}
