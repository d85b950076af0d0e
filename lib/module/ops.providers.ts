import { Logger, type FactoryProvider } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import {
  INBOX_STORE,
  RESOLVED_OPTIONS,
  SOURCES,
  systemTimers,
  type ConfiguredSource,
} from '../core/index.js';
import { HandlerRegistry } from '../handlers/index.js';
import { InboxAdmin, type InboxStore } from '../inbox/index.js';
import {
  auditRoutes,
  dryRunRoute,
  eventActionRoutes,
  eventRoutes,
  InboxOperations,
  LiveStream,
  operationRoutes,
  OpsOverview,
  overviewRoutes,
  pollerRoutes,
  OpsAccess,
  OpsPage,
  OpsServer,
  packageVersion,
  readPageFiles,
  sessionRoutes,
} from '../ops/index.js';
import { EventDryRun } from '../worker/index.js';
import { ReconcileLifecycle } from './reconcile.lifecycle.js';
import type { ResolvedOptions } from './resolve-options.js';

/** The operations page; `undefined` in its place where the options have none. */
export const opsProviders: readonly FactoryProvider[] = [
  {
    provide: OpsPage,
    inject: [
      RESOLVED_OPTIONS,
      SOURCES,
      INBOX_STORE,
      InboxAdmin,
      InboxOperations,
      HandlerRegistry,
      ApplicationConfig,
      OpsOverview,
      ReconcileLifecycle,
      EventDryRun,
    ],
    useFactory: async (
      { ops, release }: ResolvedOptions,
      sources: readonly ConfiguredSource[],
      { audit }: InboxStore,
      admin: InboxAdmin,
      operations: InboxOperations,
      handlers: HandlerRegistry,
      config: ApplicationConfig,
      overview: OpsOverview,
      poller: ReconcileLifecycle,
      dryRun: EventDryRun,
    ) => {
      if (!ops) return undefined;
      const live = new LiveStream('overview', () => overview.read(), systemTimers);
      const mask = new Set(ops.mask);
      const server = new OpsServer({
        access: new OpsAccess(ops.access, systemTimers),
        files: await readPageFiles(),
        logger: new Logger('ArmoxArmaloOps'),
        routes: [
          ...sessionRoutes({
            version: packageVersion(),
            release,
            sources: sources.map(({ source }) => source.name),
            handlers: () => handlers.all().map(({ name }) => name),
          }),
          ...eventRoutes({ admin, audit, handlers, mask }),
          ...eventActionRoutes(admin),
          dryRunRoute(admin, audit, dryRun, mask),
          ...auditRoutes(audit, admin),
          ...overviewRoutes(overview, live),
          ...operationRoutes(operations),
          ...pollerRoutes({
            reconciler: poller.reconciler,
            nextPollAt: () => poller.nextPollAt,
            audit,
          }),
        ],
      });
      return new OpsPage(server, live, ops.path, config);
    },
  },
];
