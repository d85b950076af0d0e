import { Logger, type FactoryProvider } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { RESOLVED_OPTIONS, SOURCES, type ConfiguredSource, type EventFeed } from '../core/index.js';
import { Inbox } from '../inbox/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import { DeliveryHealth, Reconciler } from '../reconcile/index.js';
import { ReconcileLifecycle } from './reconcile.lifecycle.js';
import type { ResolvedOptions } from './resolve-options.js';
import {
  ArmaloClient,
  ArmaloEscrowFeed,
  ArmaloEvalFeed,
  ArmaloScoreFeed,
  ArmaloWatch,
  WatchStore,
} from '../sources/armalo/index.js';
import { ArmoxClient, ArmoxJobFeed, JobStore } from '../sources/armox/index.js';

/** What finds events that no webhook has brought. */
export const reconcileProviders: FactoryProvider[] = [
  {
    provide: ArmaloWatch,
    inject: [InboxLifecycle],
    useFactory: ({ parts }: InboxLifecycle) => new ArmaloWatch(new WatchStore(parts)),
  },
  {
    provide: ReconcileLifecycle,
    inject: [
      InboxLifecycle,
      Inbox,
      ArmaloWatch,
      ArmoxClient,
      ArmaloClient,
      SOURCES,
      RESOLVED_OPTIONS,
      // The application's own, where it imports ScheduleModule.
      { token: SchedulerRegistry, optional: true },
    ],
    useFactory: (
      host: InboxLifecycle,
      inbox: Inbox,
      watch: ArmaloWatch,
      armox: ArmoxClient,
      armalo: ArmaloClient,
      sources: readonly ConfiguredSource[],
      options: ResolvedOptions,
      registry: SchedulerRegistry | undefined,
    ) => {
      const feeds = [
        ...armoxFeeds(host, armox, sources, options),
        ...armaloFeeds(host, armalo, sources, options),
        ...(options.reconcile?.feeds ?? []),
      ];
      return new ReconcileLifecycle(feeds, inbox, host.store, watch, options, registry);
    },
  },
  {
    provide: Reconciler,
    inject: [ReconcileLifecycle],
    useFactory: ({ reconciler }: ReconcileLifecycle) => reconciler,
  },
  {
    provide: DeliveryHealth,
    inject: [InboxLifecycle, SOURCES],
    useFactory: ({ parts }: InboxLifecycle, sources: readonly ConfiguredSource[]) =>
      new DeliveryHealth(
        parts,
        sources.map(({ source }) => source.name),
      ),
  },
];

const logger = new Logger('ArmoxArmaloReconciler');

function armoxFeeds(
  { parts }: InboxLifecycle,
  client: ArmoxClient,
  sources: readonly ConfiguredSource[],
  { armox }: ResolvedOptions,
): readonly EventFeed[] {
  const source = sourceNamed('armox', sources);
  if (!source || armox?.rawOptions.apiKey === undefined) return [];
  const adopt = armox.rawOptions.adoptJobs ?? false;
  return [new ArmoxJobFeed({ client, store: new JobStore(parts), source, logger, adopt })];
}

function armaloFeeds(
  { parts }: InboxLifecycle,
  client: ArmaloClient,
  sources: readonly ConfiguredSource[],
  { armalo }: ResolvedOptions,
): readonly EventFeed[] {
  const source = sourceNamed('armalo', sources);
  if (!source || armalo?.rawOptions.apiKey === undefined) return [];
  const feed = { client, store: new WatchStore(parts), source, logger };
  return [new ArmaloScoreFeed(feed), new ArmaloEvalFeed(feed), new ArmaloEscrowFeed(feed)];
}

const sourceNamed = (name: string, sources: readonly ConfiguredSource[]) =>
  sources.find(({ source }) => source.name === name)?.source;
