/**
 * The best that `npm run bench -- sweep` found for each peer and figure (two cores, PostgreSQL 15 as installed).
 * Run it again where the machine differs much.
 */
export const BEST = {
  'pg-boss': {
    empty: { batch: 1_000, loops: 2 },
    transaction: { batch: 100, loops: 1, connections: 16 },
    grouped: { batch: 100, loops: 4, connections: 4 },
    'at-least-once': { batch: 500, loops: 2, connections: 10 },
  },
  'graphile-worker': {
    empty: { concurrency: 24, localQueue: 500 },
    'at-least-once': { concurrency: 24, localQueue: 500, connections: 10 },
  },
  bullmq: {
    empty: { concurrency: 100 },
    'at-least-once': { concurrency: 50, connections: 10 },
  },
};
