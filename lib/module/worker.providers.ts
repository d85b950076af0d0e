import type { Provider } from '@nestjs/common';
import {
  INBOX_STORE,
  RESOLVED_OPTIONS,
  SOURCES,
  systemTimers,
  TRACING,
  type ConfiguredSource,
  type Tracing,
} from '../core/index.js';
import { DeadEventExplorer, HandlerExplorer, HandlerRegistry } from '../handlers/index.js';
import { Inbox, InboxAdmin, type InboxStore, type WorkStore } from '../inbox/index.js';
import { DeadEventNotice, EventDryRun, WorkerLifecycle } from '../worker/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import type { ResolvedOptions } from './resolve-options.js';

/** The handlers, and the worker that runs them. */
export const workerProviders: readonly Provider[] = [
  HandlerExplorer,
  HandlerRegistry,
  DeadEventExplorer,
  {
    // Also without a worker, as an event of an unsound payload is dead from the start.
    provide: DeadEventNotice,
    inject: [INBOX_STORE, DeadEventExplorer],
    useFactory: (store: WorkStore, listeners: DeadEventExplorer) =>
      new DeadEventNotice({ store, listeners }),
  },
  {
    // Also without a worker: an operator's process may have none.
    provide: EventDryRun,
    inject: [INBOX_STORE, SOURCES, HandlerRegistry],
    useFactory: (
      store: InboxStore,
      configured: readonly ConfiguredSource[],
      handlers: HandlerRegistry,
    ) => {
      const sources = configured.map(({ source }) => source);
      return new EventDryRun({ store, sources, handlers, timers: systemTimers });
    },
  },
  {
    provide: WorkerLifecycle,
    inject: [
      RESOLVED_OPTIONS,
      InboxLifecycle,
      Inbox,
      InboxAdmin,
      SOURCES,
      HandlerRegistry,
      { token: TRACING, optional: true },
    ],
    useFactory: (
      { worker }: ResolvedOptions,
      { store, transactions }: InboxLifecycle,
      inbox: Inbox,
      admin: InboxAdmin,
      configured: readonly ConfiguredSource[],
      handlers: HandlerRegistry,
      tracing: Tracing | undefined,
    ) => {
      if (!worker) return undefined;
      const sources = configured.map(({ source }) => source);
      const settings = { ...worker, transactions: worker.transactions ?? transactions };
      const lifecycle = new WorkerLifecycle({ store, sources, handlers, settings, tracing });
      inbox.onStored(() => lifecycle.wake());
      admin.onPending(() => lifecycle.wake());
      return lifecycle;
    },
  },
];
