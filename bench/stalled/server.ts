// The module's receiver in a process of its own, whose memory is asked for.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { dataSourceOptions } from '../../test/chaos/database.options.js';
import type { DatabaseKind } from '../../test/databases.js';
import { ourModule } from '../ingest/our.app.js';

/** Bytes of resident memory. */
export interface MemoryStatus {
  readonly now: number;
  /** The most that the process ever had. */
  readonly peak: number;
}

const [kind, url] = process.argv.slice(2) as [DatabaseKind['name'], string];
const app = await NestFactory.create(ourModule(dataSourceOptions(kind, url), false), {
  logger: ['fatal'],
});
await app.listen(0, '127.0.0.1');

function memory(): MemoryStatus {
  globalThis.gc?.();
  return { now: process.memoryUsage.rss(), peak: process.resourceUsage().maxRSS * 1_024 };
}

process.on('message', (message) => {
  if (message === 'memory') process.send?.(memory());
  else void app.close().then(() => process.exit());
});
process.send?.(await app.getUrl());
