// graphile-worker as a subject. It deletes jobs when they are done, so there are no done rows of it.
import { Logger, makeWorkerUtils, run, type TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import { CREATE_EFFECTS, effectOf, jobData } from '../worker/effects.js';
import type { Order, StartedSubject, Watch } from '../worker/subject.js';
import { serveSubject } from '../worker/subject.process.js';
import { inBatches } from './batches.js';
import { openPool } from './pool.js';

const TASK = 'bench';
const UNFINISHED = 'SELECT 1 FROM graphile_worker._private_jobs LIMIT 1';
const silent = new Logger(() => () => undefined);

serveSubject({ prepare, start });

async function prepare({ databaseUrl, backlog }: Order): Promise<void> {
  const pool = openPool(databaseUrl);
  for (const statement of CREATE_EFFECTS) await pool.query(statement);
  const utils = await makeWorkerUtils({ pgPool: pool, logger: silent });
  await utils.migrate();
  for (const numbers of inBatches(backlog)) {
    await utils.addJobs(numbers.map((number) => ({ identifier: TASK, payload: jobData(number) })));
  }
  await utils.release();
  await pool.end();
}

async function start(order: Order, { called }: Watch): Promise<StartedSubject> {
  const {
    concurrency = 1,
    localQueueSize = -1,
    completeJobBatchDelay = -1,
    poolSize = 10,
  } = order.settings;
  const pool = openPool(order.databaseUrl, poolSize);
  const runner = await run({
    connectionString: order.databaseUrl,
    noHandleSignals: true,
    logger: silent,
    taskList: taskOf(order, pool, called),
    concurrency,
    preset: { worker: { localQueue: { size: localQueueSize }, completeJobBatchDelay } },
  });
  return {
    unfinished: async () => (await pool.query(UNFINISHED)).rows.length > 0,
    stop: async () => {
      await runner.stop();
      await pool.end();
    },
  };
}

function taskOf({ figure }: Order, pool: Pool, called: () => void): TaskList {
  if (figure === 'empty') return { [TASK]: async () => called() };
  return {
    [TASK]: async (payload) => {
      called();
      await pool.query(effectOf((payload as ReturnType<typeof jobData>).data));
    },
  };
}
