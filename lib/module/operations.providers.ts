import { randomUUID } from 'node:crypto';
import { Logger, type FactoryProvider, type OnModuleDestroy } from '@nestjs/common';
import { INBOX_STORE, systemTimers } from '../core/index.js';
import { InboxAdmin, type InboxStore } from '../inbox/index.js';
import { InboxOperations, OperationRunner } from '../ops/index.js';

/** Runs as long as the application does. */
class OperationLifecycle implements OnModuleDestroy {
  constructor(readonly runner: OperationRunner) {}

  onApplicationBootstrap(): void {
    this.runner.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.runner.stop();
  }
}

/** Actions on many events, and what works through them. */
export const operationsProviders: readonly FactoryProvider[] = [
  {
    provide: OperationLifecycle,
    inject: [INBOX_STORE, InboxAdmin],
    useFactory: (store: InboxStore, admin: InboxAdmin) =>
      new OperationLifecycle(
        new OperationRunner({
          store: store.operations,
          lock: store,
          owner: randomUUID(),
          timers: systemTimers,
          logger: new Logger('ArmoxArmaloOps'),
          changed: () => admin.tellPending(),
        }),
      ),
  },
  {
    provide: InboxOperations,
    inject: [INBOX_STORE, InboxAdmin, OperationLifecycle],
    useFactory: ({ operations }: InboxStore, admin: InboxAdmin, { runner }: OperationLifecycle) =>
      new InboxOperations(operations, admin, () => runner.wake()),
  },
];
