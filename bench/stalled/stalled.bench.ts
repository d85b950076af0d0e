import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { BenchOptions } from '../bench.options.js';
import { Child } from '../child.js';
import type { Report } from '../report.js';
import { megabytes, printTable, whole } from '../table.js';
import type { StalledLoadOrder, StalledLoadResult } from './load.js';
import type { MemoryStatus } from './server.js';

const CONNECTIONS = 256;
/** A little less than a mebibyte beside what else is in the body, whose limit is one. */
const SIZE = 1_024 * 1_024 - 2_048;
/** Seconds of load while nothing can be stored: three times what an event has to be committed in. */
const STALL = 15;
/** Milliseconds until what was under way is over. */
const CALM = 8_000;

/** The memory of a receiver while its database stands still and senders go on, and after that. */
export async function benchStalled({ databases }: BenchOptions, report: Report): Promise<void> {
  const kind = databases.find(({ name }) => name === 'postgres');
  if (!kind) {
    console.log('stalled needs PostgreSQL: see TEST_POSTGRES_URL.');
    return;
  }
  const database = await kind.create();
  const server = new Child('./stalled/server.ts', [kind.name, database.url], ['--expose-gc']);
  const url = await server.next<string>();
  const load = new Child('./stalled/load.ts');
  const post = (duration: number): Promise<StalledLoadResult> => {
    const order: StalledLoadOrder = { url, connections: CONNECTIONS, size: SIZE, duration };
    return load.ask<StalledLoadResult>(order);
  };

  const before = await server.ask<MemoryStatus>('memory');
  const release = await stall(database.url);
  const { answers, unanswered } = await post(STALL);
  const during = await server.ask<MemoryStatus>('memory');
  await release();
  await pause(CALM);
  const after = await server.ask<MemoryStatus>('memory');

  printTable(`Memory while the store is stalled, ${CONNECTIONS} connections, bodies of 1 MiB`, [
    {
      [kind.name]: 'this module',
      before: megabytes(before.now),
      peak: megabytes(during.peak),
      'when it is over': megabytes(after.now),
      answers: Object.entries(answers)
        .map(([status, count]) => `${whole(count)} × ${status}`)
        .join(', '),
      'no answer': whole(unanswered),
    },
  ]);
  report.add({
    ...{ bench: 'stalled', database: kind.name, subject: 'module' },
    ...{
      connections: CONNECTIONS,
      size: SIZE,
      seconds: STALL,
      before,
      during,
      after,
      answers,
      unanswered,
    },
  });
  load.kill();
  await server.end();
  await database.drop();
}

/** Nothing can be written to the inbox until the returned function is called. */
async function stall(url: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE armox_armalo_inbox IN ACCESS EXCLUSIVE MODE');
  return () => client.end();
}
