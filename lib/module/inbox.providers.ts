import type { Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import {
  INBOX_DATABASE,
  INBOX_STORE,
  RESOLVED_OPTIONS,
  sourceOptionsToken,
  SOURCES,
  type ConfiguredSource,
} from '../core/index.js';
import { Inbox, InboxAdmin, type InboxDatabase } from '../inbox/index.js';
import type { SourceDefinition, SourceOptions } from '../source-definition/index.js';
import { InboxLifecycle } from './inbox.lifecycle.js';
import type { ResolvedOptions } from './resolve-options.js';

/** The inbox on the application's database, with what the sources write beside it. */
export function inboxProviders(
  definitions: readonly SourceDefinition[],
  dataSource: string | undefined,
): Provider[] {
  return [
    {
      provide: InboxLifecycle,
      inject: [
        { token: getDataSourceToken(dataSource), optional: true },
        RESOLVED_OPTIONS,
        SOURCES,
        ...definitions.map(({ name }) => sourceOptionsToken(name)),
      ],
      useFactory: (
        found: DataSource | undefined,
        options: ResolvedOptions,
        sources: readonly ConfiguredSource[],
        ...ofSources: readonly (SourceOptions | undefined)[]
      ) =>
        InboxLifecycle.open(found, dataSource, options, sources, {
          tables: definitions.flatMap(({ tables = [] }) => tables),
          insertHooks: definitions.map((definition, at) => (inbox: InboxDatabase) => {
            const given = ofSources[at];
            return given && definition.insertHook?.(given, inbox);
          }),
        }),
    },
    {
      provide: INBOX_STORE,
      inject: [InboxLifecycle],
      useFactory: ({ store }: InboxLifecycle) => store,
    },
    {
      provide: INBOX_DATABASE,
      inject: [InboxLifecycle],
      useFactory: ({ parts }: InboxLifecycle) => parts,
    },
    Inbox,
    InboxAdmin,
  ];
}
