// pg-boss as a subject: `work` where it completes jobs after their handler, `fetch` and `complete` with the
// handler's transaction where the end of a job is to be a part of that.
import type { Pool, PoolClient } from 'pg';
import { PgBoss, type Db, type Job } from 'pg-boss';
import { copyDone } from '../worker/done-rows.js';
import { CREATE_EFFECTS, effectOf, effectRow, jobData } from '../worker/effects.js';
import type { Order, StartedSubject, Watch } from '../worker/subject.js';
import { serveSubject } from '../worker/subject.process.js';
import { inBatches } from './batches.js';
import { openPool } from './pool.js';

type Event = ReturnType<typeof jobData>;

const QUEUE = 'bench';
/** Events of one transaction, where they are grouped. */
const GROUP = 100;
const UNFINISHED =
  "SELECT 1 FROM pgboss.job WHERE name = $1 AND id = ANY($2) AND state < 'completed' LIMIT 1";
/** Seconds; the least that pg-boss takes. It counts only where a batch was not full. */
const POLL_EVERY = 0.5;

serveSubject({ prepare, start });

async function prepare({ databaseUrl, backlog, done }: Order): Promise<void> {
  const pool = openPool(databaseUrl);
  for (const statement of CREATE_EFFECTS) await pool.query(statement);
  const boss = await startBoss(databaseUrl);
  await boss.createQueue(QUEUE);
  if (done > 0) {
    await boss.send(QUEUE, jobData(0));
    for (const { id } of await boss.fetch(QUEUE)) await boss.complete(QUEUE, id);
    await copyDone(async (sql) => (await pool.query(sql)).rows, done, {
      table: 'pgboss.job',
      where: "state = 'completed'",
      generated: [],
      changed: { id: 'gen_random_uuid()' },
    });
  }
  for (const numbers of inBatches(backlog)) {
    await boss.insert(
      QUEUE,
      numbers.map((number) => ({ data: jobData(number) })),
    );
  }
  await boss.stop();
  await pool.end();
}

async function start(order: Order, { called }: Watch): Promise<StartedSubject> {
  const boss = await startBoss(order.databaseUrl);
  const pool = openPool(
    order.databaseUrl,
    order.settings['poolSize'] ?? order.settings['atOnce'] ?? 10,
  );
  const unfinished = await startHandlers(boss, pool, order, called);
  return {
    unfinished,
    stop: async () => {
      await boss.stop();
      await pool.end();
    },
  };
}

async function startHandlers(
  boss: PgBoss,
  pool: Pool,
  order: Order,
  called: () => void,
): Promise<StartedSubject['unfinished']> {
  switch (order.figure) {
    case 'empty':
      return byWork(boss, pool, order, async () => called());
    case 'at-least-once':
      return byWork(boss, pool, order, async ({ data }) => {
        called();
        await pool.query(effectOf(data.data));
      });
    case 'transaction':
      return byFetch(boss, order, 1, (jobs) => inTransaction(boss, pool, jobs, called));
    case 'grouped':
      return byFetch(boss, order, GROUP, (jobs) => inTransaction(boss, pool, jobs, called));
  }
}

/** pg-boss calls the handler with a batch, and completes that when it has returned. */
async function byWork(
  boss: PgBoss,
  pool: Pool,
  { settings: { batchSize = 1, localConcurrency = 1 } }: Order,
  handle: (job: Job<Event>) => Promise<void>,
): Promise<StartedSubject['unfinished']> {
  // Those that may still be at work when the last handler is called.
  let latest: string[] = [];
  const options = {
    batchSize,
    localConcurrency,
    pollingIntervalSeconds: POLL_EVERY,
    burstWhenBatchFull: true,
  };
  await boss.work<Event>(QUEUE, options, async (jobs) => {
    latest = [...latest, ...jobs.map(({ id }) => id)].slice(-2 * batchSize * localConcurrency);
    await Promise.all(jobs.map(handle));
  });
  return async () => (await pool.query(UNFINISHED, [QUEUE, latest])).rows.length > 0;
}

/** Fetched ahead by one fetch at a time, so that `atOnce` transactions always have something to do. */
async function byFetch(
  boss: PgBoss,
  { backlog, settings: { fetch = 100, atOnce = 16 } }: Order,
  unit: number,
  run: (jobs: readonly Job<Event>[]) => Promise<void>,
): Promise<StartedSubject['unfinished']> {
  const fetched: Job<Event>[] = [];
  let fetching: Promise<void> | undefined;
  let fetchedInAll = 0;
  let done = 0;
  const refill = (): Promise<void> =>
    (fetching ??= boss.fetch<Event>(QUEUE, { batchSize: fetch }).then((jobs) => {
      fetched.push(...jobs);
      fetchedInAll += jobs.length;
      fetching = undefined;
    }));
  const lane = async (): Promise<void> => {
    while (fetched.length > 0 || fetchedInAll < backlog) {
      if (fetched.length < unit * atOnce && fetchedInAll < backlog) {
        const more = refill();
        if (fetched.length === 0) await more;
      }
      const jobs = fetched.splice(0, unit);
      if (jobs.length > 0) await run(jobs);
      done += jobs.length;
    }
  };
  for (let number = 0; number < atOnce; number += 1) void lane();
  return async () => done < backlog;
}

/** The effects of the jobs and their end, all or nothing. */
async function inTransaction(
  boss: PgBoss,
  pool: Pool,
  jobs: readonly Job<Event>[],
  called: () => void,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // In the order of the rows: two transactions that need the same ones do not wait for each other in a circle.
    const effects = jobs.map(({ data }) => data.data).sort((a, b) => effectRow(a) - effectRow(b));
    for (const effect of effects) {
      called();
      await client.query(effectOf(effect));
    }
    const ids = jobs.map(({ id }) => id);
    await boss.complete(QUEUE, ids, null, { db: databaseOf(client) });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const databaseOf = (client: PoolClient): Db => ({
  executeSql: (text, values) => client.query(text, values),
});

async function startBoss(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss(connectionString);
  boss.on('error', (error) => console.error(error));
  await boss.start();
  return boss;
}
