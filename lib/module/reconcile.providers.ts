import type { FactoryProvider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import {
  feedsToken,
  INBOX_DATABASE,
  RESOLVED_OPTIONS,
  SOURCES,
  type ConfiguredSource,
  type EventFeed,
} from '../core/index.js';
import { Inbox, type InboxDatabase } from '../inbox/index.js';
import { DeliveryHealth, Reconciler } from '../reconcile/index.js';
import type { SourceDefinition } from '../source-definition/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import { ReconcileLifecycle } from './reconcile.lifecycle.js';
import type { ResolvedOptions } from './resolve-options.js';

/** What finds events that no webhook has brought. */
export function reconcileProviders(definitions: readonly SourceDefinition[]): FactoryProvider[] {
  return [
    {
      provide: ReconcileLifecycle,
      inject: [
        InboxLifecycle,
        Inbox,
        RESOLVED_OPTIONS,
        // The application's own, where it imports ScheduleModule.
        { token: SchedulerRegistry, optional: true },
        ...definitions.map(({ name }) => feedsToken(name)),
      ],
      useFactory: (
        { store }: InboxLifecycle,
        inbox: Inbox,
        options: ResolvedOptions,
        registry: SchedulerRegistry | undefined,
        ...ofSources: readonly (readonly EventFeed[])[]
      ) => {
        const feeds = [...ofSources.flat(), ...(options.reconcile?.feeds ?? [])];
        return new ReconcileLifecycle(feeds, inbox, store, options, registry);
      },
    },
    {
      provide: Reconciler,
      inject: [ReconcileLifecycle],
      useFactory: ({ reconciler }: ReconcileLifecycle) => reconciler,
    },
    {
      provide: DeliveryHealth,
      inject: [INBOX_DATABASE, SOURCES],
      useFactory: (inbox: InboxDatabase, sources: readonly ConfiguredSource[]) =>
        new DeliveryHealth(
          inbox,
          sources.map(({ source }) => source.name),
        ),
    },
  ];
}
