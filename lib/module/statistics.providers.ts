import {
  Logger,
  type BeforeApplicationShutdown,
  type FactoryProvider,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import {
  INBOX_STORE,
  SOURCES,
  systemClock,
  systemTimers,
  type ConfiguredSource,
} from '../core/index.js';
import { InboxAdmin, type InboxStore } from '../inbox/index.js';
import { MinuteCounter, MinuteStatistics, OpsOverview } from '../ops/index.js';
import { DeliveryHealth } from '../reconcile/index.js';
import { ReconcileLifecycle } from './reconcile.lifecycle.js';

const now = (): number => systemClock.now();

/** Runs as long as the application does. */
class StatisticsLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly counter = new MinuteCounter(now);
  private readonly statistics: MinuteStatistics;

  constructor({ minutes }: InboxStore) {
    this.statistics = new MinuteStatistics(minutes, this.counter, systemTimers, now);
  }

  onApplicationBootstrap(): void {
    this.statistics.start();
  }

  /** The worker has ended what it ran. */
  beforeApplicationShutdown(): Promise<void> {
    return this.statistics.stop();
  }
}

/** What is counted by minute in every process, and what is made of it. */
export const statisticsProviders: readonly FactoryProvider[] = [
  {
    provide: StatisticsLifecycle,
    inject: [INBOX_STORE],
    useFactory: (store: InboxStore) => new StatisticsLifecycle(store),
  },
  {
    provide: OpsOverview,
    inject: [
      SOURCES,
      INBOX_STORE,
      InboxAdmin,
      StatisticsLifecycle,
      DeliveryHealth,
      ReconcileLifecycle,
    ],
    useFactory: (
      sources: readonly ConfiguredSource[],
      { minutes }: InboxStore,
      admin: InboxAdmin,
      { counter }: StatisticsLifecycle,
      deliveries: DeliveryHealth,
      poller: ReconcileLifecycle,
    ) =>
      new OpsOverview({
        sources: sources.map(({ source }) => source.name),
        admin,
        minutes,
        counter,
        deliveries,
        feeds: () => poller.reconciler.status(),
        nextPollAt: () => poller.nextPollAt,
        timers: systemTimers,
        now,
        logger: new Logger('ArmoxArmaloOps'),
      }),
  },
];
