// One variant in a process of its own.
import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from '../../test/chaos/database.options.js';
import type { DatabaseKind } from '../../test/databases.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';
import { handWrittenModule } from './hand-written.app.js';
import { ourModule } from './our.app.js';
import { PlainModule } from './plain.app.js';
import { serve } from './serve.js';
import type { Variant } from './variants.js';

type VariantHere = Exclude<Variant, 'bullmq'>;

const hasWorker = (variant: VariantHere): boolean =>
  variant === 'module-with-worker' || variant === 'module-with-page';

function moduleOf(variant: VariantHere, database: DataSourceOptions): Type | DynamicModule {
  switch (variant) {
    case 'plain':
    case 'plain-fastify':
      return PlainModule;
    case 'hand-written':
      return handWrittenModule(database, 'insert');
    case 'hand-written-save':
      return handWrittenModule(database, 'save');
    case 'module':
    case 'module-fastify':
    case 'module-with-worker':
    case 'module-with-page':
      return ourModule(database, hasWorker(variant), variant === 'module-with-page');
  }
}

const [variant, kind, url] = process.argv.slice(2) as [VariantHere, DatabaseKind['name'], string];
const module = moduleOf(variant, dataSourceOptions(kind, url));
const options = {
  logger: ['fatal', 'error'] as ('fatal' | 'error')[],
  rawBody: variant.startsWith('hand-written'),
};
const app = variant.endsWith('-fastify')
  ? await NestFactory.create(module, new FastifyAdapter(), options)
  : await NestFactory.create(module, options);

async function unsettled(): Promise<number> {
  if (!hasWorker(variant)) return 0;
  const counts = await app.get<InboxStore>(INBOX_STORE).counts();
  return counts
    .filter(({ state }) => state === 'open' || state === 'running')
    .reduce((sum, { count }) => sum + count, 0);
}

await serve(app, unsettled);
