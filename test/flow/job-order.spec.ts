import { Injectable } from '@nestjs/common';
import {
  type ArmoxEvent,
  Inbox,
  OnArmoxEvent,
  RetryLaterError,
  type EventOrigin,
} from 'nestjs-armox-armalo';
import { armoxSource } from '../../lib/sources/armox/index.js';
import { armoxRequest } from '../../lib/testing/index.js';
import { Render } from '../../sample-app/renders/render.entity.js';
import { RenderHandlers } from '../../sample-app/renders/render.handlers.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMOX_SECRET } from './application.js';

const HOUR = 3_600_000;
let ran: string[] = [];
const failing = new Set<string>();
/** Jobs whose handler of `job.processing` goes on until the promise resolves. */
const slow = new Map<string, Promise<void>>();

@Injectable()
class Progress {
  @OnArmoxEvent(['job.processing', 'job.completed'])
  async follow({ job }: ArmoxEvent<'job.processing' | 'job.completed'>) {
    ran.push(`${job.id} ${job.status}`);
    if (job.status !== 'processing') return;
    await slow.get(job.id);
    if (failing.has(job.id)) throw new RetryLaterError(HOUR);
  }
}

const eventOf = (id: string, status: string) => ({
  event: `job.${status}`,
  job: { id, status, output: status === 'completed' ? { outputImage: `https://x/${id}` } : null },
});

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The events of a job, without an option and without a key,', () => {
    let database: TestDatabase;
    let app: Application;

    beforeAll(async () => {
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [RenderHandlers, Progress],
        entities: [Render],
      });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    beforeEach(() => {
      ran = [];
    });

    async function send(id: string, status: string): Promise<void> {
      const answer = await app.post(
        '/webhooks/armox',
        armoxRequest(eventOf(id, status), ARMOX_SECRET),
      );
      expect(answer.status).toBe(200);
    }
    const stored = (id: string, status: string) => app.event({ eventId: `${id}:${status}` });
    const renders = () => app.dataSource.getRepository(Render);
    async function until(reached: () => Promise<boolean>): Promise<void> {
      while (!(await reached())) await new Promise((resolve) => setImmediate(resolve));
    }
    const waitsForRetry = (id: string) =>
      until(async () => (await stored(id, 'processing')).lastError !== null);

    it('do not take it back: one that comes late is stale, and says why', async () => {
      await send('late', 'completed');
      await app.settled();
      await send('late', 'processing');
      await send('late', 'pending');
      await app.settled();
      expect(ran).toEqual(['late completed']);
      const { id, ...late } = await stored('late', 'processing');
      expect(late).toMatchObject({ state: 'ignored', reason: 'stale', completedHandlers: [] });
      const newer = (await stored('late', 'completed')).id;
      expect(await app.store.attempts(id)).toContainEqual(
        expect.objectContaining({
          handler: 'RenderHandlers.keepStatus',
          error: expect.stringMatching(`^Skipped: .*#${newer}`) as unknown,
        }),
      );
      expect(await stored('late', 'pending')).toMatchObject({ state: 'ignored', reason: 'stale' });
      expect(await renders().findOneBy({ id: 'late' })).toMatchObject({
        status: 'completed',
        image: 'https://x/late',
      });
    });

    it('run as they come where they come in order, and two ends both run', async () => {
      for (const status of ['pending', 'processing', 'failed', 'cancelled']) {
        await send('straight', status);
        await app.settled();
        expect(await stored('straight', status)).toMatchObject({ state: 'done' });
      }
    });

    it.each(['poll', 'api-response'] as const)(
      'count whichever way they come: the end by %s makes a late webhook stale',
      async (via: EventOrigin) => {
        const body = Buffer.from(JSON.stringify(eventOf(via, 'completed')));
        await app.nest.get(Inbox).accept(armoxSource().open({ account: '', body }), via);
        await app.settled();
        await send(via, 'processing');
        await app.settled();
        expect(ran).toEqual([`${via} completed`]);
        expect(await stored(via, 'processing')).toMatchObject({ reason: 'stale' });
      },
    );

    it('end right for 40 jobs whose two events are delivered at once, in either order', async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `race${index}`);
      await Promise.all(
        ids.flatMap((id, index) => {
          const order = index % 2 === 0 ? ['processing', 'completed'] : ['completed', 'processing'];
          return order.map((status) => send(id, status));
        }),
      );
      await app.settled();
      const rows = await renders().find();
      const raced = rows.filter(({ id }) => id.startsWith('race'));
      expect(raced).toHaveLength(40);
      expect(raced.filter(({ status }) => status !== 'completed')).toEqual([]);
      for (const id of ids) expect(await stored(id, 'completed')).toMatchObject({ state: 'done' });
      expect(await app.store.violations()).toEqual([]);
    });

    it('do not wait for the retry of one that they make stale, which runs no more', async () => {
      failing.add('retried');
      await send('retried', 'processing');
      await waitsForRetry('retried');
      await send('retried', 'completed');
      await app.settled();
      expect(ran).toEqual(['retried processing', 'retried completed']);
      expect(await stored('retried', 'processing')).toMatchObject({ state: 'done' });
    });

    it('wait for one that is running, and no longer when it fails', async () => {
      failing.add('running');
      let end = () => {};
      slow.set('running', new Promise((resolve) => (end = resolve)));
      await send('running', 'processing');
      await until(async () => ran.length > 0);
      await send('running', 'completed');
      expect(await stored('running', 'completed')).toMatchObject({ state: 'waiting' });
      end();
      await app.settled();
      expect(ran).toEqual(['running processing', 'running completed']);
      expect(await renders().findOneBy({ id: 'running' })).toMatchObject({ status: 'completed' });
    });
  });
}
