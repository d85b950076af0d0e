import { Logger, run, runMigrations } from 'graphile-worker';
import { BEST } from './best-settings.mjs';
import { pool, until, update } from './effects.mjs';

/** graphile-worker with its local queue, and completions in batches. */
export async function subject({ figure, databaseUrl, settings }, called) {
  const {
    concurrency,
    localQueue,
    connections = 2,
  } = {
    ...BEST['graphile-worker'][figure],
    ...settings,
  };
  await runMigrations({ connectionString: databaseUrl, logger: new Logger(() => () => {}) });
  const clients = pool(databaseUrl, connections);
  const race = async ({ number }) => {
    if (figure === 'at-least-once') await update(clients, number);
    called();
  };
  const preset = {
    worker: {
      logger: new Logger(() => () => {}),
      connectionString: databaseUrl,
      concurrentJobs: concurrency,
      maxPoolSize: 10,
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      localQueue: { size: localQueue },
    },
  };
  let runner;
  const stop = async () => {
    await runner?.stop();
    runner = undefined;
  };
  return {
    async fill(from, count) {
      await stop();
      await clients.query(
        `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT json_populate_record(NULL::graphile_worker.job_spec,
          json_build_object('identifier', 'race', 'payload', json_build_object('number', g)))
          FROM generate_series($1::int, $2::int) g))`,
        [from, from + count - 1],
      );
    },
    async workOff() {
      runner = await run({ preset, taskList: { race }, noHandleSignals: true });
      await until(async () => {
        const { rows } = await clients.query(
          'SELECT EXISTS (SELECT 1 FROM graphile_worker._private_jobs) AS found',
        );
        return !rows[0].found;
      });
    },
    async end() {
      await stop();
      await clients.end();
    },
  };
}
