// One variant in a process of its own. Says its URL first, and its status when asked.
import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import type { DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from '../../test/chaos/database.options.js';
import type { DatabaseKind } from '../../test/databases.js';
import { handWrittenModule } from './hand-written.app.js';
import { ourModule } from './our.app.js';
import { PlainModule } from './plain.app.js';
import type { Variant } from './variants.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

function moduleOf(variant: Variant, database: DataSourceOptions): Type | DynamicModule {
  switch (variant) {
    case 'plain':
      return PlainModule;
    case 'hand-written':
      return handWrittenModule(database);
    case 'module':
    case 'module-with-worker':
      return ourModule(database, variant === 'module-with-worker');
  }
}

const [variant, kind, url] = process.argv.slice(2) as [Variant, DatabaseKind['name'], string];
const app = await NestFactory.create(moduleOf(variant, dataSourceOptions(kind, url)), {
  logger: ['fatal', 'error'],
  rawBody: variant === 'hand-written',
});
await app.listen(0, '127.0.0.1');

async function unsettled(): Promise<number> {
  if (variant !== 'module-with-worker') return 0;
  const counts = await app.get<InboxStore>(INBOX_STORE).counts();
  return counts
    .filter(({ state }) => state === 'open' || state === 'running')
    .reduce((sum, { count }) => sum + count, 0);
}

export interface ServerStatus {
  /** Events that the worker has still to do. */
  readonly unsettled: number;
  /** Milliseconds of processor time since the process began. */
  readonly cpu: number;
}

async function status(): Promise<ServerStatus> {
  const { user, system } = process.cpuUsage();
  return { unsettled: await unsettled(), cpu: (user + system) / 1000 };
}

process.on('message', (message) => {
  if (message === 'status') {
    void status().then((found) => process.send?.(found));
  } else {
    void app.close().then(() => process.exit());
  }
});
process.send?.(await app.getUrl());
