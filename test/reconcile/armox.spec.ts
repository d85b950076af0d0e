import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ArmoxClient, ArmoxJobFeed, ArmoxJobs, JobStore } from '../../lib/sources/armox/index.js';
import { ArmoxSandbox, seededRandom } from '../../lib/testing/index.js';
import { availableDatabases, describeOn } from '../databases.js';
import { handleAll, ownLimiter, SOURCES, stage, type Replica } from './world.js';

const source = SOURCES[0] as (typeof SOURCES)[number];

for (const kind of await availableDatabases()) {
  describeOn(kind, 'Armox jobs', () => {
    const its = stage(kind);
    let sandbox: ArmoxSandbox;
    let replica: Replica;
    let url: string;

    beforeAll(async () => {
      replica = await its.replica();
      url = `${await its.receive([replica])}/armox`;
      sandbox = await new ArmoxSandbox({
        timers: its.world,
        random: seededRandom(1),
        lifecycle: 'manual',
        rateLimit: 600,
      }).start();
    });
    afterEach(() => its.clear());
    afterAll(() => sandbox.stop());

    function actors(on = replica, more = {}) {
      const client = new ArmoxClient({
        apiKey: sandbox.apiKey,
        baseUrl: sandbox.url,
        clock: its.world,
        timer: its.world.timer,
        rateLimiter: ownLimiter(its.world),
      });
      const store = new JobStore(on.parts);
      const { inbox, store: inboxStore, log } = on;
      const jobs = new ArmoxJobs({ client, store, inboxStore, inbox, source, webhookUrl: url });
      const feed = new ArmoxJobFeed({
        client,
        store,
        source,
        logger: log,
        random: () => 0.5,
        ...more,
      });
      return { client, store, jobs, feed, reconciler: on.reconciler([feed]) };
    }
    const video = { model: 'sandbox/video', input: { prompt: 'a hat' } };

    it('a job whose webhook was dropped is found by the poller, reaches the inbox and ends the wait', async () => {
      sandbox.faults = { drop: 1 };
      const { jobs, reconciler } = actors();
      const handle = await jobs.run(video);
      expect(handle.status).toBe('processing');
      const done = handle.done();
      sandbox.complete(handle.id, { outputVideo: 'https://x/y.mp4' });
      await reconciler.reconcileNow();
      expect(await handleAll(replica.store)).toEqual([]);
      its.world.advance(40_000);
      expect((await reconciler.reconcileNow()).feeds).toEqual([
        { feed: 'armox-jobs', found: 1, repaired: 1, outcome: 'done' },
      ]);
      expect(await done).toMatchObject({
        id: handle.id,
        status: 'completed',
        output: { outputVideo: 'https://x/y.mp4' },
      });
      expect(await handleAll(replica.store)).toEqual([`${handle.id}:completed`]);
      its.world.advance(400_000);
      expect((await reconciler.reconcileNow()).feeds).toMatchObject([{ found: 0 }]);
      jobs.onModuleDestroy();
    });
  });
}
