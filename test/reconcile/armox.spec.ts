import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ArmoxClient, ArmoxJobFeed, ArmoxJobs, JobStore } from '../../lib/sources/armox/index.js';
import { ArmoxSandbox, seededRandom } from '../../lib/testing/index.js';
import { availableDatabases, describeOn } from '../databases.js';
import { clientOptions, handleAll, SOURCES, stage, type Replica } from './world.js';

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

    function actors(on = replica, more = {}, fetch = globalThis.fetch) {
      const client = new ArmoxClient({ ...clientOptions(its.world, sandbox), fetch });
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
    const video = { modelId: 'sandbox/video', input: { prompt: 'a hat' } };

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

    it('jobs that are asked about are told, the next first, until they have ended', async () => {
      sandbox.faults = { drop: 1 };
      const { jobs, reconciler } = actors();
      const subjects = async (limit = 10) => (await reconciler.watched(limit))[0]?.subjects;
      const first = await jobs.run(video);
      its.world.advance(1_000);
      const second = await jobs.run(video);
      const common = { state: 'processing', misses: 0, dueAt: expect.any(Number) };
      expect(await subjects()).toEqual([
        { id: first.id, ...common },
        { id: second.id, ...common },
      ]);
      expect(await subjects(1)).toMatchObject([{ id: first.id }]);
      sandbox.complete(first.id, { outputVideo: 'https://x/y.mp4' });
      its.world.advance(40_000);
      await reconciler.reconcileNow();
      expect(await subjects()).toMatchObject([{ id: second.id }]);
      jobs.onModuleDestroy();
    });

    it('a webhook that comes before the answer to the run ends the job, and no poll follows', async () => {
      sandbox.faults = {};
      const { jobs, store, reconciler } = actors();
      // The sandbox completes an image at once, and posts before it answers.
      const handle = await jobs.run({ modelId: 'google/nano-banana', input: { prompt: 'a hat' } });
      await sandbox.settled();
      expect(handle.status).toBe('completed');
      expect(await handle.done()).toMatchObject({ id: handle.id, status: 'completed' });
      expect(await handleAll(replica.store)).toEqual([`${handle.id}:completed`]);
      expect(await store.find([handle.id])).toMatchObject([{ settled: true, tracked: true }]);
      const before = sandbox.calls.total;
      its.world.advance(600_000);
      await reconciler.reconcileNow();
      expect(sandbox.calls.total).toBe(before);
      jobs.onModuleDestroy();
    });

    it('a run that answers with its end reaches the handlers at once when its webhook is dropped', async () => {
      sandbox.faults = { drop: 1 };
      const { jobs } = actors();
      const handle = await jobs.run({ modelId: 'google/nano-banana', input: { prompt: 'a hat' } });
      expect(await handleAll(replica.store)).toEqual([`${handle.id}:completed`]);
      expect(await replica.store.find({ eventId: `${handle.id}:completed` })).toMatchObject({
        origin: 'api-response',
      });
      jobs.onModuleDestroy();
    });

    it('webhook, poll and a second poll of the same end at the same moment are one event', async () => {
      sandbox.faults = {};
      const { jobs, reconciler } = actors();
      const handles = await Promise.all([1, 2, 3, 4].map(() => jobs.run(video)));
      its.world.advance(60_000);
      for (const { id } of handles) sandbox.complete(id);
      await Promise.all([reconciler.reconcileNow(), sandbox.settled(), reconciler.reconcileNow()]);
      const handled = await handleAll(replica.store);
      expect([...handled].sort()).toEqual(handles.map(({ id }) => `${id}:completed`).sort());
      jobs.onModuleDestroy();
    });

    it('failed and cancelled jobs, of which no webhook tells, are found', async () => {
      const { jobs, reconciler } = actors();
      const failed = await jobs.run(video);
      const cancelled = await jobs.run(video);
      sandbox.fail(failed.id, 'no hats');
      sandbox.cancel(cancelled.id);
      its.world.advance(60_000);
      await reconciler.reconcileNow();
      expect(await failed.done()).toMatchObject({ status: 'failed', error_message: 'no hats' });
      expect(await cancelled.done()).toMatchObject({ status: 'cancelled' });
      const handled = await handleAll(replica.store);
      expect([...handled].sort()).toEqual(
        [`${failed.id}:failed`, `${cancelled.id}:cancelled`].sort(),
      );
      jobs.onModuleDestroy();
    });

    it('the first end of a job stands, and a job does not go back', async () => {
      const { store, jobs } = actors();
      const tell = (status: string) => {
        const body = Buffer.from(
          JSON.stringify({ event: `job.${status}`, job: { id: 'j1', status } }),
        );
        return replica.inbox.accept(source.open({ account: '', body }), 'webhook');
      };
      const statuses: unknown[] = [];
      for (const status of [
        'pending',
        'processing',
        'pending',
        'completed',
        'processing',
        'failed',
      ]) {
        await tell(status);
        statuses.push(await jobs.status('j1'));
      }
      expect(statuses).toEqual([
        'pending',
        'processing',
        'processing',
        'completed',
        'completed',
        'completed',
      ]);
      await store.track('j1', true, 0);
      expect(await store.due(10, false)).toEqual([]);
      jobs.onModuleDestroy();
    });

    /** Rounds a minute apart. @returns whether the job is lost after each of them */
    async function minutes(
      count: number,
      id: string,
      { jobs, reconciler }: ReturnType<typeof actors>,
    ) {
      const lost: boolean[] = [];
      for (let minute = 0; minute < count; minute += 1) {
        its.world.advance(60_000);
        await reconciler.reconcileNow();
        lost.push((await jobs.status(id)) === 'lost');
      }
      return lost;
    }

    it('a job that Armox does not know three times in more than ten minutes is lost, without an event, and a late webhook puts it right', async () => {
      const cast = actors();
      const handle = await cast.jobs.track('gone');
      const before = sandbox.calls.total;
      const lost = await minutes(16, 'gone', cast);
      expect(lost.indexOf(true)).toBeGreaterThanOrEqual(10);
      expect(sandbox.calls.total - before).toBe(3);
      await expect(handle.done()).rejects.toMatchObject({ code: 'ARMOX_ARMALO_JOB_LOST' });
      expect(await handleAll(replica.store)).toEqual([]);
      const body = Buffer.from(
        '{"event":"job.completed","job":{"id":"gone","status":"completed","output":{}}}',
      );
      await replica.inbox.accept(source.open({ account: '', body }), 'webhook');
      expect(await handle.done()).toMatchObject({ status: 'completed' });
      cast.jobs.onModuleDestroy();
    });

    it('a load balancer’s 404 page, for however long, makes no job lost', async () => {
      sandbox.faults = { drop: 1 };
      const cast = actors(replica, {}, async (...call) => {
        const response = await fetch(...call);
        return behindProxy
          ? new Response('<html>404 Not Found</html>', {
              status: 404,
              headers: { 'content-type': 'text/html' },
            })
          : response;
      });
      let behindProxy = false;
      const handle = await cast.jobs.run(video);
      sandbox.complete(handle.id);
      behindProxy = true;
      expect(await minutes(60, handle.id, cast)).not.toContain(true);
      behindProxy = false;
      await minutes(15, handle.id, cast);
      expect(await handle.done()).toMatchObject({ status: 'completed' });
      cast.jobs.onModuleDestroy();
    });

    it('a job that is unknown now and then is not lost', async () => {
      const cast = actors();
      await cast.jobs.track('elusive');
      await minutes(8, 'elusive', cast);
      // It is seen in between.
      const [row] = await cast.store.find(['elusive']);
      expect(row).toMatchObject({ absences: 2 });
      await cast.store.seen(new Map([[row?.rowId ?? '', 0]]));
      expect(await minutes(10, 'elusive', cast)).not.toContain(true);
      cast.jobs.onModuleDestroy();
    });

    it.each(['a webhook', 'the list', '`track`'])(
      'a lost job that %s shows again is asked for until it has ended',
      async (way) => {
        sandbox.faults = { drop: 1 };
        const cast = actors();
        const { id } = await cast.jobs.run(video);
        const [row] = await cast.store.find([id]);
        await cast.store.settle([row?.rowId ?? ''], 'lost');
        await expect(cast.jobs.handle(id).done()).rejects.toMatchObject({
          code: 'ARMOX_ARMALO_JOB_LOST',
        });
        if (way === 'a webhook') {
          const body = Buffer.from(
            JSON.stringify({ event: 'job.processing', job: { id, status: 'processing' } }),
          );
          await replica.inbox.accept(source.open({ account: '', body }), 'webhook');
        } else if (way === 'the list') {
          for (let other = 0; other < 3; other += 1) await cast.jobs.run(video);
          await minutes(2, id, cast);
        } else await cast.jobs.track(id);
        expect(await cast.jobs.status(id)).toBe('processing');
        const done = cast.jobs.handle(id).done();
        sandbox.complete(id);
        await minutes(4, id, cast);
        expect(await done).toMatchObject({ id, status: 'completed' });
        expect(await handleAll(replica.store)).toContain(`${id}:completed`);
        cast.jobs.onModuleDestroy();
      },
    );

    it('a job whose event cannot be made does not keep the others from theirs', async () => {
      sandbox.faults = { drop: 1 };
      let bad = '';
      const throwing = {
        ...source,
        open: (delivery: Parameters<typeof source.open>[0]) => {
          if (bad !== '' && delivery.body.includes(bad))
            throw new Error('identify does not like it');
          return source.open(delivery);
        },
      };
      const { jobs, reconciler } = actors(replica, { source: throwing });
      const handles = [await jobs.run(video), await jobs.run(video)];
      for (const { id } of handles) sandbox.complete(id);
      bad = handles[0]?.id ?? '';
      const lines = replica.log.lines.length;
      for (let round = 0; round < 3; round += 1) {
        its.world.advance(180_000);
        await reconciler.reconcileNow();
      }
      expect(await handleAll(replica.store)).toEqual([`${handles[1]?.id}:completed`]);
      const said = replica.log.lines
        .slice(lines)
        .filter((line) => line.includes('identify does not like it'));
      expect(said).toHaveLength(1);
      jobs.onModuleDestroy();
    });

    it('waiting ends with the timeout and with the signal, and the job goes on', async () => {
      const { jobs } = actors();
      const handle = await jobs.run(video);
      await expect(handle.done({ timeout: 5 })).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_JOB_TIMEOUT',
      });
      await expect(handle.done({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow(
        'no',
      );
      jobs.onModuleDestroy();
    });

    it('an end that another replica has stored ends the wait here', async () => {
      sandbox.faults = {};
      const other = await its.replica();
      const here = actors();
      const handle = await here.jobs.run(video);
      const done = handle.done();
      const body = Buffer.from(
        JSON.stringify({
          event: 'job.completed',
          job: { id: handle.id, status: 'completed', output: { a: 1 } },
        }),
      );
      await other.inbox.accept(source.open({ account: '', body }), 'webhook');
      expect(await done).toMatchObject({ output: { a: 1 } });
      here.jobs.onModuleDestroy();
    });

    it('jobs of others that the list shows are left alone, unless they are to be adopted', async () => {
      sandbox.faults = { drop: 1 };
      const { client, reconciler } = actors();
      const ids: string[] = [];
      for (let made = 0; made < 3; made += 1) ids.push((await client.runModel(video)).id);
      for (const id of ids) sandbox.complete(id);
      await reconciler.reconcileNow();
      expect(await handleAll(replica.store)).toEqual([]);
      const adopting = actors(replica, { adopt: true }).reconciler;
      await reconciler.stop();
      await adopting.reconcileNow();
      await adopting.reconcileNow();
      const handled = await handleAll(replica.store);
      expect(handled).toEqual(expect.arrayContaining(ids.map((id) => `${id}:completed`)));
      expect(new Set(handled).size).toBe(handled.length);
    });
  });
}
