import type { FactoryProvider, InjectionToken, Provider } from '@nestjs/common';
import type { EventFeed, OptionRules, WebhookSource } from '../core/index.js';
import type { TableDefinition } from '../database/index.js';
import type { InboxDatabase, InsertHook } from '../inbox/index.js';
import type { SourceOptions } from './source.options.js';

/** A provider's factory with what is injected into it. */
export type Made<Value> = Pick<FactoryProvider<Value>, 'inject' | 'useFactory'>;

/**
 * All that the module knows of a service that sends webhooks: Armox and Armalo are two of these, and
 * `forRoot({ sources: [...] })` takes more. The module makes the route, the options, the inbox's
 * part in it, the poller and the boot report from it; nothing else of the module names a service.
 */
export interface SourceDefinition<Options extends SourceOptions = SourceOptions> {
  /**
   * Lower-case letters, digits and hyphens: the last part of the route, the `source` column of the inbox,
   * and the first part of its options' names in errors.
   */
  readonly name: string;
  /** The event names that the service documents. */
  readonly eventNames: readonly string[];
  /** Gives the options of this source; undefined = the application does not use it. */
  readonly options: Made<Options | undefined>;
  /** What may be written for the options beside those that every source has. */
  readonly optionRules?: OptionRules;
  /** Reads the service's webhooks. */
  webhooks(options: Options): WebhookSource;
  /** What it keeps beside the inbox; made and checked at the start as the inbox's own tables are. */
  readonly tables?: readonly TableDefinition[];
  /** What is written in the transaction of an event's insert; undefined = nothing, with these options. */
  insertHook?(options: Options, inbox: InboxDatabase): InsertHook | undefined;
  /** What finds the events that no webhook has brought; none where the source is not used. */
  readonly feeds?: Made<readonly EventFeed[]>;
  /**
   * Whatever else belongs to it: clients, services. They may inject `sourceOptionsToken(name)`,
   * `webhookSourceToken(name)`, `INBOX_DATABASE`, `Inbox`, `InboxAdmin` and `WebhookRoutes`.
   */
  readonly providers?: readonly Provider[];
  /** Those of the providers that the application may inject. */
  readonly exports?: readonly InjectionToken[];
}
