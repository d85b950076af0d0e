import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { ArmoxArmaloOptions, ArmoxArmaloStaticOptions } from './armox-armalo.options.js';
import { BootReport } from './boot-report.js';
import { configuredSources, routePath } from './configured-sources.js';
import {
  INBOX_STORE,
  MODULE_OPTIONS,
  RESOLVED_OPTIONS,
  SOURCES,
  type ConfiguredSource,
} from '../core/index.js';
import { DeadEventExplorer, HandlerExplorer, HandlerRegistry } from '../handlers/index.js';
import { Inbox, InboxAdmin, type InboxStore } from '../inbox/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import { createWebhookController, ingressExports, ingressProviders } from '../ingress/index.js';
import { assertImportedOnce } from './module-imports.js';
import { OptionsScopeCheck } from './options-scope.check.js';
import { DeliveryHealth, Reconciler } from '../reconcile/index.js';
import { resolveOptions, type ResolvedOptions } from './resolve-options.js';
import { clientProviders } from './service-clients.js';
import { reconcileProviders } from './service-feeds.js';
import { jobsProvider } from './service-jobs.js';
import { ArmaloWatch } from '../sources/armalo/index.js';
import { DeadEventNotice, WorkerLifecycle } from '../worker/index.js';

/** The services, by the names of their sources. */
const SERVICES = ['armox', 'armalo'] as const;

/** Hands the rooms to each other. Nothing else knows more than one of them. */
export function composeModule(
  definition: DynamicModule,
  extras: Required<ArmoxArmaloStaticOptions>,
): DynamicModule {
  const { controller, decorators, path, isGlobal } = extras;
  const routes = SERVICES.map((source) =>
    // Whether there are accounts is known only when the options are: without them it answers 404.
    createWebhookController({ source, path: routePath(path, source), accounts: true, decorators }),
  );
  return {
    ...definition,
    global: isGlobal ?? false,
    controllers: controller ? routes : [],
    providers: [
      ...(definition.providers ?? []),
      OptionsScopeCheck,
      ...optionProviders(path),
      ...inboxProviders(extras.dataSource),
      ...ingressProviders,
      ...clientProviders,
      jobsProvider,
      ...reconcileProviders,
      HandlerExplorer,
      HandlerRegistry,
      DeadEventExplorer,
      noticeProvider,
      workerProvider,
      BootReport,
    ],
    exports: [
      ...ingressExports,
      ...clientProviders,
      jobsProvider,
      ArmaloWatch,
      Reconciler,
      DeliveryHealth,
      SOURCES,
      Inbox,
      InboxAdmin,
      INBOX_STORE,
      HandlerRegistry,
    ],
  };
}

function optionProviders(path: string): Provider[] {
  return [
    {
      provide: RESOLVED_OPTIONS,
      inject: [MODULE_OPTIONS, ModulesContainer],
      useFactory: (options: ArmoxArmaloOptions, modules: ModulesContainer) => {
        assertImportedOnce(modules);
        return resolveOptions(options);
      },
    },
    {
      provide: SOURCES,
      inject: [RESOLVED_OPTIONS],
      useFactory: (options: ResolvedOptions) => configuredSources(options, path),
    },
  ];
}

function inboxProviders(dataSource: string | undefined): Provider[] {
  return [
    {
      provide: InboxLifecycle,
      inject: [{ token: getDataSourceToken(dataSource), optional: true }, RESOLVED_OPTIONS],
      useFactory: (found: DataSource | undefined, options: ResolvedOptions) =>
        InboxLifecycle.open(found, dataSource, options),
    },
    {
      provide: INBOX_STORE,
      inject: [InboxLifecycle],
      useFactory: (host: InboxLifecycle) => host.store,
    },
    Inbox,
    InboxAdmin,
  ];
}

/** Also without a worker, as an event of an unsound payload is dead from the start. */
const noticeProvider: Provider = {
  provide: DeadEventNotice,
  inject: [INBOX_STORE, DeadEventExplorer],
  useFactory: (store: InboxStore, listeners: DeadEventExplorer) =>
    new DeadEventNotice({ store, listeners }),
};

const workerProvider: Provider = {
  provide: WorkerLifecycle,
  inject: [RESOLVED_OPTIONS, InboxLifecycle, Inbox, SOURCES, HandlerRegistry],
  useFactory: (
    { worker }: ResolvedOptions,
    { store, transactions }: InboxLifecycle,
    inbox: Inbox,
    configured: readonly ConfiguredSource[],
    handlers: HandlerRegistry,
  ) => {
    if (!worker) return undefined;
    const sources = configured.map(({ source }) => source);
    const settings = { ...worker, transactions: worker.transactions ?? transactions };
    const lifecycle = new WorkerLifecycle({ store, sources, handlers, settings });
    inbox.onStored(() => lifecycle.wake());
    return lifecycle;
  },
};
