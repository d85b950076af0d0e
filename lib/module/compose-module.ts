import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MODULE_OPTIONS, PUBLIC_URL, RESOLVED_OPTIONS, SOURCES } from '../core/index.js';
import { HandlerRegistry } from '../handlers/index.js';
import { Inbox, InboxAdmin } from '../inbox/index.js';
import { createWebhookController, ingressExports, ingressProviders } from '../ingress/index.js';
import { InboxOperations } from '../ops/index.js';
import { DeliveryHealth, Reconciler } from '../reconcile/index.js';
import { EventDryRun } from '../worker/index.js';
import type { ArmoxArmaloStaticOptions, ModuleOptions } from './armox-armalo.options.js';
import { BootReport } from './boot-report.js';
import { BUILT_IN_SOURCES } from './built-in.sources.js';
import { inboxProviders } from './inbox.providers.js';
import { assertImportedOnce } from './module-imports.js';
import { OptionsScopeCheck } from './options-scope.check.js';
import { operationsProviders } from './operations.providers.js';
import { opsProviders } from './ops.providers.js';
import { reconcileProviders } from './reconcile.providers.js';
import { resolveOptions, type ResolvedOptions } from './resolve-options.js';
import { routePath, sourceExports, sourceProviders } from './source.providers.js';
import { statisticsProviders } from './statistics.providers.js';
import { workerProviders } from './worker.providers.js';

/** Hands the rooms to each other. Nothing else knows more than one of them. */
export function composeModule(
  definition: DynamicModule,
  extras: Required<ArmoxArmaloStaticOptions>,
): DynamicModule {
  const { controller, decorators, path, isGlobal, dataSource } = extras;
  const sources = [...BUILT_IN_SOURCES, ...extras.sources];
  const routes = sources.map(({ name: source }) =>
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
      ...optionProviders,
      ...sourceProviders(sources, path),
      ...inboxProviders(sources, dataSource),
      ...ingressProviders,
      ...reconcileProviders(sources),
      ...workerProviders,
      ...statisticsProviders,
      ...operationsProviders,
      ...opsProviders,
      BootReport,
    ],
    exports: [
      ...ingressExports,
      ...sourceExports(sources),
      Reconciler,
      DeliveryHealth,
      SOURCES,
      Inbox,
      InboxAdmin,
      InboxOperations,
      EventDryRun,
      HandlerRegistry,
    ],
  };
}

const optionProviders: readonly Provider[] = [
  {
    provide: RESOLVED_OPTIONS,
    inject: [MODULE_OPTIONS, ModulesContainer],
    useFactory: (options: ModuleOptions, modules: ModulesContainer) => {
      assertImportedOnce(modules);
      return resolveOptions(options);
    },
  },
  {
    provide: PUBLIC_URL,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ publicUrl }: ResolvedOptions) => publicUrl,
  },
];
