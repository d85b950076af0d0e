import { URL } from 'node:url';
import { Queue, Worker } from 'bullmq';
import { BEST } from './best-settings.mjs';
import { pool, until, update } from './effects.mjs';

/** BullMQ; its Redis keeps nothing on the disk unless it is told to. */
export async function subject({ figure, databaseUrl, redisUrl, settings }, called) {
  const { concurrency, connections = 1 } = { ...BEST.bullmq[figure], ...settings };
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port || 6379) };
  const name = `race-${process.pid}`;
  const queue = new Queue(name, { connection });
  const clients = pool(databaseUrl, connections);
  const handle = async ({ data }) => {
    if (figure === 'at-least-once') await update(clients, data.number);
    called();
  };
  const worker = new Worker(name, handle, {
    connection: { ...connection, maxRetriesPerRequest: null },
    concurrency,
    autorun: false,
    removeOnComplete: { count: 0 },
  });
  let running;
  return {
    async fill(from, count) {
      if (running) await worker.pause();
      for (let at = 0; at < count; at += 1_000) {
        const size = Math.min(1_000, count - at);
        await queue.addBulk(
          Array.from({ length: size }, (_, n) => ({
            name: 'race',
            data: { number: from + at + n },
          })),
        );
      }
    },
    async workOff() {
      if (running) worker.resume();
      else running = worker.run();
      await until(async () => {
        const { wait, active, prioritized } = await queue.getJobCounts(
          'wait',
          'active',
          'prioritized',
        );
        return wait + active + prioritized === 0;
      });
    },
    async end() {
      await worker.close();
      await queue.obliterate({ force: true });
      await queue.close();
      await clients.end();
    },
  };
}
