import type { Figure } from './figures.js';
import type { RacerName } from './subjects.js';

/** Values of each setting that are tried with all values of the others. */
export type Grid = Readonly<Record<string, readonly number[]>>;

/** What `sweep` tries. Some of it for every racer that takes part in a figure. */
export const GRIDS: Readonly<Record<RacerName, Readonly<Partial<Record<Figure, Grid>>>>> = {
  module: {
    empty: { concurrency: [50, 100, 200, 500] },
    'at-least-once': { concurrency: [50, 100, 200], poolSize: [10, 20] },
    transaction: { transactions: [8, 16, 24], poolSize: [26] },
    grouped: { concurrency: [100, 200, 400], poolSize: [10] },
  },
  'pg-boss': {
    empty: { batchSize: [100, 500, 1_000, 2_000], localConcurrency: [1, 2, 4] },
    'at-least-once': {
      batchSize: [100, 500, 1_000],
      localConcurrency: [1, 2, 4],
      poolSize: [10, 20],
    },
    transaction: { fetch: [100, 500], atOnce: [8, 16, 24] },
    grouped: { fetch: [100], atOnce: [1, 2, 4, 8] },
  },
  'graphile-worker': {
    empty: {
      concurrency: [10, 24, 50],
      localQueueSize: [100, 500],
      completeJobBatchDelay: [-1, 0, 10],
    },
    'at-least-once': {
      concurrency: [10, 20, 50],
      localQueueSize: [500],
      completeJobBatchDelay: [0, 10],
      poolSize: [10, 20],
    },
  },
  bullmq: {
    empty: { concurrency: [10, 50, 100, 200, 500] },
    'at-least-once': { concurrency: [10, 50, 100, 200], poolSize: [10, 20] },
  },
};
