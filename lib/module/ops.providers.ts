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
  eventActionRoutes,
  eventRoutes,
  InboxOperations,
  operationRoutes,
  OpsAccess,
  OpsPage,
  OpsServer,
  packageVersion,
  readPageFiles,
  sessionRoutes,
} from '../ops/index.js';
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
    ],
    useFactory: async (
      { ops }: ResolvedOptions,
      sources: readonly ConfiguredSource[],
      { audit }: InboxStore,
      admin: InboxAdmin,
      operations: InboxOperations,
      handlers: HandlerRegistry,
      config: ApplicationConfig,
    ) => {
      if (!ops) return undefined;
      const mask = new Set(ops.mask);
      const server = new OpsServer({
        access: new OpsAccess(ops.access, systemTimers),
        files: await readPageFiles(),
        logger: new Logger('ArmoxArmaloOps'),
        routes: [
          ...sessionRoutes({
            version: packageVersion(),
            release: null,
            sources: sources.map(({ source }) => source.name),
            handlers: () => handlers.all().map(({ name }) => name),
          }),
          ...eventRoutes({ admin, audit, handlers, mask }),
          ...eventActionRoutes(admin, audit),
          ...auditRoutes(audit, admin),
          ...operationRoutes(operations),
        ],
      });
      return new OpsPage(server, ops.path, config);
    },
  },
];
