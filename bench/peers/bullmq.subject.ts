// bullmq as a subject: jobs in Redis, effects in PostgreSQL. It forgets jobs when they are done.
import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { CREATE_EFFECTS, effectOf, jobData } from '../worker/effects.js';
import type { Order, StartedSubject, Watch } from '../worker/subject.js';
import { serveSubject } from '../worker/subject.process.js';
import { inBatches } from './batches.js';
import { openPool } from './pool.js';

type Event = ReturnType<typeof jobData>;

serveSubject({ prepare, start });

async function prepare({ databaseUrl }: Order): Promise<void> {
  const pool = openPool(databaseUrl);
  for (const statement of CREATE_EFFECTS) await pool.query(statement);
  await pool.end();
}

/** Redis has no copies of databases: the queue is filled here, before the worker starts. */
async function start(order: Order, { called }: Watch): Promise<StartedSubject> {
  const name = `bench-${randomUUID()}`;
  const connection = { url: order.redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue<Event>(name, {
    connection,
    defaultJobOptions: { removeOnComplete: true },
  });
  for (const numbers of inBatches(order.backlog)) {
    await queue.addBulk(numbers.map((number) => ({ name: 'event', data: jobData(number) })));
  }
  const { concurrency = 1, poolSize = 10 } = order.settings;
  const pool = openPool(order.databaseUrl, poolSize);
  const handle = async ({ data }: Event): Promise<void> => {
    called();
    if (order.figure !== 'empty') await pool.query(effectOf(data));
  };
  const worker = new Worker<Event>(name, ({ data }) => handle(data), {
    connection,
    concurrency,
    autorun: false,
  });
  worker.on('error', (error) => console.error(error));
  await worker.waitUntilReady();
  void worker.run();
  return {
    unfinished: async () => (await queue.getJobCountByTypes('wait', 'active')) > 0,
    stop: async () => {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      await pool.end();
    },
  };
}
