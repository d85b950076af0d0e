import { Logger, type FactoryProvider, type OnModuleInit } from '@nestjs/common';
import {
  INBOX_STORE,
  SOURCES,
  systemClock,
  systemTimers,
  type ConfiguredSource,
} from '../core/index.js';
import { InboxAdmin, type InboxStore } from '../inbox/index.js';
import { OpsOverview, Statistics } from '../ops/index.js';
import { DeliveryHealth } from '../reconcile/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import { ReconcileLifecycle } from './reconcile.lifecycle.js';

const logger = new Logger('ArmoxArmaloOps');

/** Counts before anything is received or handled, and until nothing is any more. */
class StatisticsLifecycle implements OnModuleInit {
  readonly statistics: Statistics;

  constructor(store: InboxStore, inbox: InboxLifecycle) {
    this.statistics = new Statistics({ store, timers: systemTimers, clock: systemClock, logger });
    inbox.beforeClose(() => this.statistics.stop());
  }

  onModuleInit(): void {
    this.statistics.start();
  }
}

/** What is counted by minute in every process, and what is made of it. */
export const statisticsProviders: readonly FactoryProvider[] = [
  {
    provide: StatisticsLifecycle,
    inject: [INBOX_STORE, InboxLifecycle],
    useFactory: (store: InboxStore, inbox: InboxLifecycle) => new StatisticsLifecycle(store, inbox),
  },
  {
    provide: OpsOverview,
    inject: [SOURCES, InboxAdmin, StatisticsLifecycle, DeliveryHealth, ReconcileLifecycle],
    useFactory: (
      sources: readonly ConfiguredSource[],
      admin: InboxAdmin,
      { statistics }: StatisticsLifecycle,
      deliveries: DeliveryHealth,
      poller: ReconcileLifecycle,
    ) =>
      new OpsOverview({
        sources: sources.map(({ source }) => source.name),
        admin,
        statistics,
        deliveries,
        poller: () => ({
          feeds: poller.reconciler.status(),
          nextAt: poller.nextPollAt,
          gap: poller.pollGap,
        }),
        timers: systemTimers,
        logger,
      }),
  },
];
