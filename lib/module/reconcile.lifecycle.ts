import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { EventFeed } from '../core/index.js';
import type { Inbox, LeaderLock } from '../inbox/index.js';
import { Reconciler, ReconcileSchedule } from '../reconcile/index.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Starts the poller when the application has started, and awaits its poll when it ends. */
export class ReconcileLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  readonly reconciler: Reconciler;
  private readonly schedule: ReconcileSchedule | undefined;
  private readonly logger = new Logger('ArmoxArmaloReconciler');

  constructor(
    feeds: readonly EventFeed[],
    inbox: Inbox,
    store: LeaderLock,
    { reconcile }: ResolvedOptions,
    registry: SchedulerRegistry | undefined,
  ) {
    const { logger } = this;
    this.reconciler = new Reconciler({ feeds, inbox, store, logger, lease: reconcile?.lease });
    if (reconcile && feeds.length > 0) {
      this.schedule = new ReconcileSchedule(this.reconciler, reconcile, registry);
    }
  }

  /** When this process polls next, in epoch milliseconds; null where it does not. */
  get nextPollAt(): number | null {
    return this.schedule?.nextAt ?? null;
  }

  /** Milliseconds between its polls; null where it does not. */
  get pollGap(): number | null {
    return this.schedule?.gap ?? null;
  }

  onApplicationBootstrap(): void {
    this.schedule?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await (this.schedule ?? this.reconciler).stop();
  }
}
