import type { Figure } from '../worker/figures.js';
import type { Settings } from '../worker/settings.js';
import type { RacerName } from '../worker/subjects.js';

/**
 * What everybody runs with where it is to be at its best. Found by `npm run bench -- sweep --peer <name>
 * --figure <figure>`, which tries the grid of `worker/sweep.grids.ts` and prints the best first. Where
 * points differed by less than the rounds of one of them, the smaller numbers stand here.
 */
export const BEST_SETTINGS: Readonly<
  Record<RacerName, Readonly<Partial<Record<Figure, Settings>>>>
> = {
  module: {
    empty: { concurrency: 200 },
    'at-least-once': { concurrency: 100, poolSize: 20 },
    transaction: { transactions: 16, poolSize: 26 },
    grouped: { concurrency: 200 },
  },
  'pg-boss': {
    empty: { batchSize: 1_000, localConcurrency: 2 },
    'at-least-once': { batchSize: 500, localConcurrency: 2, poolSize: 20 },
    transaction: { fetch: 500, atOnce: 16 },
    grouped: { fetch: 100, atOnce: 4 },
  },
  'graphile-worker': {
    empty: { concurrency: 24, localQueueSize: 500, completeJobBatchDelay: 0 },
    'at-least-once': {
      concurrency: 20,
      localQueueSize: 500,
      completeJobBatchDelay: 0,
      poolSize: 20,
    },
  },
  bullmq: {
    empty: { concurrency: 100 },
    'at-least-once': { concurrency: 50, poolSize: 20 },
  },
};
