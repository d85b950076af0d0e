import { Logger } from '@nestjs/common';
import { API_OPTION_RULES, clientProvider } from '../../api-client/index.js';
import {
  INBOX_DATABASE,
  isListOf,
  isText,
  MODULE_OPTIONS,
  rule,
  sourceOptionsToken,
  webhookSourceToken,
  type WebhookSource,
} from '../../core/index.js';
import type { InboxDatabase } from '../../inbox/index.js';
import type { SourceDefinition } from '../../source-definition/index.js';
import { ArmaloClient } from './api/armalo.client.js';
import { ARMALO_EVENT_NAMES } from './armalo.constants.js';
import type { ArmaloOptions } from './armalo.options.js';
import { ArmaloEscrowFeed } from './watch/armalo.escrow-feed.js';
import { ArmaloEvalFeed } from './watch/armalo.eval-feed.js';
import { armaloFactHook } from './watch/armalo.fact-hook.js';
import { ArmaloScoreFeed } from './watch/armalo.score-feed.js';
import { ArmaloWatch } from './watch/armalo.watch.js';
import { WatchedAgents } from './watch/watched.agents.js';
import { WatchStore } from './watch/watch.store.js';
import { watchTable } from './watch/watch.table.js';
import { armaloSource } from './webhook/armalo.source.js';

const NAME = 'armalo';

/** Armalo: webhooks of all its events, a client, and the poller that looks at watched agents and escrows. */
export const armalo: SourceDefinition<ArmaloOptions> = {
  name: NAME,
  eventNames: ARMALO_EVENT_NAMES,
  options: {
    inject: [MODULE_OPTIONS],
    useFactory: (options: { readonly armalo?: ArmaloOptions }) => options.armalo,
  },
  optionRules: {
    ...API_OPTION_RULES,
    watch: rule('a list of texts', isListOf(isText), []),
  },
  webhooks: armaloSource,
  tables: [watchTable],
  // Without a key nothing is polled, so there is nothing to keep in step, and an insert stays one statement.
  insertHook: ({ apiKey }, inbox) => (apiKey === undefined ? undefined : armaloFactHook(inbox)),
  feeds: {
    inject: [sourceOptionsToken(NAME), webhookSourceToken(NAME), ArmaloClient, WatchStore],
    useFactory: (
      options: ArmaloOptions | undefined,
      source: WebhookSource | undefined,
      client: ArmaloClient,
      store: WatchStore,
    ) => {
      if (!source || options?.apiKey === undefined) return [];
      const feed = { client, store, source, logger };
      return [new ArmaloScoreFeed(feed), new ArmaloEvalFeed(feed), new ArmaloEscrowFeed(feed)];
    },
  },
  providers: [
    clientProvider(NAME, ArmaloClient),
    {
      provide: WatchStore,
      inject: [INBOX_DATABASE],
      useFactory: (inbox: InboxDatabase) => new WatchStore(inbox),
    },
    {
      provide: ArmaloWatch,
      inject: [WatchStore],
      useFactory: (store: WatchStore) => new ArmaloWatch(store),
    },
    {
      provide: WatchedAgents,
      inject: [ArmaloWatch, sourceOptionsToken(NAME)],
      useFactory: (watch: ArmaloWatch, options: ArmaloOptions | undefined) =>
        new WatchedAgents(watch, options?.watch ?? []),
    },
  ],
  exports: [ArmaloClient, ArmaloWatch],
};

const logger = new Logger('ArmoxArmaloReconciler');
