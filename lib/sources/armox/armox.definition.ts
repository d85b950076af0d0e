import { Logger } from '@nestjs/common';
import { API_OPTION_RULES, clientProvider } from '../../api-client/index.js';
import {
  flag,
  INBOX_DATABASE,
  MODULE_OPTIONS,
  rule,
  sourceOptionsToken,
  webhookSourceToken,
  type WebhookSource,
} from '../../core/index.js';
import { Inbox, InboxAdmin, type InboxDatabase } from '../../inbox/index.js';
import { WebhookRoutes } from '../../ingress/index.js';
import type { SourceDefinition } from '../../source-definition/index.js';
import { ArmoxClient } from './api/armox.client.js';
import { ARMOX_EVENT_NAMES } from './armox.constants.js';
import type { ArmoxOptions } from './armox.options.js';
import { ArmoxJobFeed } from './jobs/armox.job-feed.js';
import { armoxJobHook } from './jobs/armox.job-hook.js';
import { ArmoxJobs } from './jobs/armox.jobs.js';
import { JobStore } from './jobs/job.store.js';
import { jobTable } from './jobs/job.table.js';
import { armoxSource } from './webhook/armox.source.js';

const NAME = 'armox';

/** Armox: webhooks of jobs, a client, and the poller that finds how jobs have ended. */
export const armox: SourceDefinition<ArmoxOptions> = {
  name: NAME,
  eventNames: ARMOX_EVENT_NAMES,
  options: {
    inject: [MODULE_OPTIONS],
    useFactory: (options: { readonly armox?: ArmoxOptions }) => options.armox,
  },
  optionRules: {
    ...API_OPTION_RULES,
    adoptJobs: flag(false),
    stale: rule("'skip' or 'run'", (value) => value === 'skip' || value === 'run', 'skip'),
  },
  webhooks: armoxSource,
  tables: [jobTable],
  // Without a key nothing is polled, so there is nothing to keep in step, and an insert stays one statement.
  insertHook: ({ apiKey }, inbox) => (apiKey === undefined ? undefined : armoxJobHook(inbox)),
  feeds: {
    inject: [sourceOptionsToken(NAME), webhookSourceToken(NAME), ArmoxClient, JobStore],
    useFactory: (
      options: ArmoxOptions | undefined,
      source: WebhookSource | undefined,
      client: ArmoxClient,
      store: JobStore,
    ) => {
      if (!source || options?.apiKey === undefined) return [];
      const { adoptJobs: adopt = false } = options;
      return [new ArmoxJobFeed({ client, store, source, logger, adopt })];
    },
  },
  providers: [
    clientProvider(NAME, ArmoxClient),
    {
      provide: JobStore,
      inject: [INBOX_DATABASE],
      useFactory: (inbox: InboxDatabase) => new JobStore(inbox),
    },
    {
      provide: ArmoxJobs,
      inject: [ArmoxClient, JobStore, InboxAdmin, Inbox, webhookSourceToken(NAME), WebhookRoutes],
      useFactory: (
        client: ArmoxClient,
        store: JobStore,
        inboxStore: InboxAdmin,
        inbox: Inbox,
        source: WebhookSource | undefined,
        routes: WebhookRoutes,
      ) =>
        new ArmoxJobs({
          client,
          store,
          inboxStore,
          inbox,
          source: source ?? armoxSource(),
          // Asked for at each run: main.ts sets prefix and versions after this is made, and listens later still.
          get webhookUrl() {
            return routes.publicUrl(NAME);
          },
        }),
    },
  ],
  exports: [ArmoxClient, ArmoxJobs],
};

const logger = new Logger('ArmoxArmaloReconciler');
