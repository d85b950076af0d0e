import { PgBoss } from 'pg-boss';
import { BEST } from './best-settings.mjs';
import { inTransaction, pool, update } from './effects.mjs';

const QUEUE = 'race';

/** pg-boss, driven by its own `fetch` and `complete`, which its `work` calls too, with one round trip for many jobs. */
export async function subject({ figure, databaseUrl, settings }, called) {
  const { batch, loops, connections = 1 } = { ...BEST['pg-boss'][figure], ...settings };
  const boss = new PgBoss({
    connectionString: databaseUrl,
    supervise: false,
    schedule: false,
    max: 10,
  });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  if (!(await boss.getQueue(QUEUE))) await boss.createQueue(QUEUE);
  const clients = pool(databaseUrl, connections);
  const through = (client) => ({
    db: { executeSql: (text, values) => client.query(text, values) },
  });

  const withClient = async (work) => {
    const client = await clients.connect();
    try {
      await work(client);
    } finally {
      client.release();
    }
  };

  /** So many jobs of the batch at once. */
  const eachOf = async (jobs, work) => {
    const left = [...jobs];
    const one = async () => {
      for (let job = left.shift(); job; job = left.shift()) await work(job);
    };
    await Promise.all(Array.from({ length: connections }, one));
  };

  const HANDLE = {
    empty: async (jobs) => {
      jobs.forEach(called);
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      );
    },
    transaction: (jobs) =>
      eachOf(jobs, (job) =>
        withClient((client) =>
          inTransaction(client, async () => {
            await update(client, job.data.number);
            await boss.complete(QUEUE, job.id, undefined, through(client));
            called();
          }),
        ),
      ),
    grouped: (jobs) =>
      withClient((client) =>
        inTransaction(client, async () => {
          for (const job of jobs) {
            await update(client, job.data.number);
            called();
          }
          await boss.complete(
            QUEUE,
            jobs.map(({ id }) => id),
            undefined,
            through(client),
          );
        }),
      ),
    'at-least-once': async (jobs) => {
      await eachOf(jobs, async (job) => {
        await update(clients, job.data.number);
        called();
      });
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      );
    },
  };

  const loop = async () => {
    for (;;) {
      const jobs = await boss.fetch(QUEUE, { batchSize: batch });
      if (!jobs || jobs.length === 0) return;
      await HANDLE[figure](jobs);
    }
  };

  return {
    async fill(from, count) {
      for (let at = 0; at < count; at += 1_000) {
        const size = Math.min(1_000, count - at);
        const jobs = Array.from({ length: size }, (_, n) => ({ data: { number: from + at + n } }));
        await boss.insert(QUEUE, jobs);
      }
    },
    workOff: async () => void (await Promise.all(Array.from({ length: loops }, loop))),
    async end() {
      await clients.end();
      await boss.stop({ graceful: false });
    },
  };
}
