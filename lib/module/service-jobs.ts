import type { FactoryProvider } from '@nestjs/common';
import { RESOLVED_OPTIONS, SOURCES, type ConfiguredSource } from '../core/index.js';
import { Inbox } from '../inbox/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import { WebhookRoutes } from '../ingress/index.js';
import type { ResolvedOptions } from './resolve-options.js';
import { ArmoxClient, ArmoxJobs, armoxSource, JobStore } from '../sources/armox/index.js';

/** `ArmoxJobs`, which tells Armox the final URL of the webhook's route. */
export const jobsProvider: FactoryProvider = {
  provide: ArmoxJobs,
  inject: [ArmoxClient, InboxLifecycle, Inbox, SOURCES, WebhookRoutes, RESOLVED_OPTIONS],
  useFactory: (
    client: ArmoxClient,
    { store, parts }: InboxLifecycle,
    inbox: Inbox,
    sources: readonly ConfiguredSource[],
    routes: WebhookRoutes,
    { publicUrl }: ResolvedOptions,
  ) =>
    new ArmoxJobs({
      client,
      store: new JobStore(parts),
      inboxStore: store,
      inbox,
      source: sources.find(({ source }) => source.name === 'armox')?.source ?? armoxSource(),
      // Asked for at each run: main.ts sets prefix and versions after this is made, and listens later still.
      get webhookUrl() {
        return webhookUrl(publicUrl(), routes);
      },
    }),
};

function webhookUrl(base: string | undefined, routes: WebhookRoutes): string | undefined {
  const route = routes.urls().find(({ source, path }) => source === 'armox' && !path.includes(':'));
  return base === undefined || !route ? undefined : `${base.replace(/\/+$/, '')}${route.path}`;
}
