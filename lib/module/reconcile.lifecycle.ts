import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { EventFeed } from '../core/index.js';
import type { Inbox, InboxStore } from '../inbox/index.js';
import { Reconciler, ReconcileSchedule } from '../reconcile/index.js';
import type { ResolvedOptions } from './resolve-options.js';
import type { ArmaloWatch } from '../sources/armalo/index.js';

/** Starts the poller when the application has started, and awaits its round when it ends. */
export class ReconcileLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  readonly reconciler: Reconciler;
  private readonly schedule: ReconcileSchedule | undefined;
  private readonly logger = new Logger('ArmoxArmaloReconciler');

  constructor(
    feeds: readonly EventFeed[],
    inbox: Inbox,
    store: InboxStore,
    private readonly watch: ArmaloWatch,
    private readonly options: ResolvedOptions,
    registry: SchedulerRegistry | undefined,
  ) {
    const { reconcile } = options;
    const lease = reconcile?.lease;
    const parts = { feeds, inbox, store, logger: this.logger };
    this.reconciler = new Reconciler(lease === undefined ? parts : { ...parts, lease });
    if (reconcile && feeds.length > 0) {
      this.schedule = new ReconcileSchedule(this.reconciler, reconcile, registry);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    for (const agentId of this.options.armalo?.rawOptions.watch ?? [])
      await this.watch.watch(agentId);
    this.schedule?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await (this.schedule ?? this.reconciler).stop();
  }
}
