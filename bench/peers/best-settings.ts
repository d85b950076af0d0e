import type { Figure } from '../worker/figures.js';
import type { Settings } from '../worker/settings.js';
import type { RacerName } from '../worker/subjects.js';

/**
 * What everybody runs with where it is to be at its best. Found by `npm run bench -- sweep --peer <name>
 * --figure <figure> --backlog 10000`, which tries the grid of `worker/sweep.grids.ts` and prints the best first:
 * one round of 10,000 events in a warm process, on Node 24 and PostgreSQL 15, two cores. graphile-worker's and
 * BullMQ's with an empty handler, and BullMQ's at least once, are of an older sweep, of 1,000 to 4,000 events.
 */
export const BEST_SETTINGS: Readonly<
  Record<RacerName, Readonly<Partial<Record<Figure, Settings>>>>
> = {
  module: {
    empty: { concurrency: 200 },
    'at-least-once': { concurrency: 50, poolSize: 20 },
    transaction: { transactions: 16, poolSize: 26 },
    grouped: { concurrency: 400, poolSize: 10 },
  },
  'pg-boss': {
    empty: { batchSize: 2_000, localConcurrency: 2 },
    'at-least-once': { batchSize: 500, localConcurrency: 2, poolSize: 20 },
    transaction: { fetch: 100, atOnce: 16 },
    grouped: { fetch: 100, atOnce: 8 },
  },
  'graphile-worker': {
    empty: { concurrency: 24, localQueueSize: 500, completeJobBatchDelay: 0 },
    'at-least-once': {
      concurrency: 20,
      localQueueSize: 500,
      completeJobBatchDelay: 10,
      poolSize: 20,
    },
  },
  bullmq: {
    empty: { concurrency: 100 },
    'at-least-once': { concurrency: 10, poolSize: 10 },
  },
};
