import { Logger } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { InboxAdmin, Reconciler } from 'nestjs-armox-armalo';
import { METRICS } from '../../lib/opentelemetry/metric.definitions.js';
import { observeMetrics } from '../../lib/opentelemetry/observed.metrics.js';
import { armaloRequest, ManualTimers } from '../../lib/testing/index.js';
import type { EventFeed } from '../../lib/core/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { Measured } from './metric.reader.js';

const MINUTE = 60_000;
const SOURCE = 'armox_armalo.source';
const FEED = 'armox_armalo.feed';

let broken = false;
const feed = (name: string): EventFeed => ({
  ...{ name, source: 'armalo', account: name },
  // eslint-disable-next-line require-yield
  async *poll() {
    if (broken || name === 'armalo-broken') throw new Error('not today');
  },
});

const violated = armaloRequest(
  { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: { pactId: 'p' } },
  ARMALO_SECRET,
);

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What is observed when metrics are collected', () => {
    const timers = new ManualTimers();
    const counted = { reads: 0 };
    let clock: () => number;
    let measured: Measured;
    let database: TestDatabase;
    let app: Application;
    let stop = (): void => undefined;
    const value = (name: keyof typeof METRICS, attributes = {}) =>
      measured.sum(METRICS[name].name, attributes);

    beforeAll(async () => {
      measured = new Measured();
      database = await kind.create();
      // What a broken feed says is not of interest here.
      Logger.overrideLogger(false);
      const feeds = [feed('armalo-good'), feed('armalo-broken')];
      app = await Application.start({
        database,
        options: { worker: false, reconcile: { interval: 86_400_000, feeds } },
      });
      const admin = app.nest.get(InboxAdmin);
      clock = () => 0;
      stop = observeMetrics(metrics.getMeter('test'), {
        sources: ['armox', 'armalo'],
        admin: {
          counts: () => ((counted.reads += 1), admin.counts()),
          backlog: () => admin.backlog(),
        },
        reconciler: app.nest.get(Reconciler),
        worker: undefined,
        timers,
        clock: { now: () => clock() },
      });
    });

    afterAll(async () => {
      stop();
      await app?.close();
      await database?.drop();
      await measured?.end();
    });

    it('is no feed before its first turn, as in a process that does not poll', async () => {
      expect(await measured.points(METRICS.reconcileAge.name)).toEqual([]);
    });

    it('is for how long the oldest event of each source has been due, and 0 where there is none', async () => {
      expect(await value('backlogAge', { [SOURCE]: 'armalo' })).toBe(0);
      await app.post('/webhooks/armalo', violated);
      await app.dataSource.query(
        `UPDATE armox_armalo_inbox SET due_at = due_at - ${60 * MINUTE}, received_at = 0`,
      );
      const age = await value('backlogAge', { [SOURCE]: 'armalo' });
      expect(age).toBeGreaterThanOrEqual(3_600);
      expect(age).toBeLessThan(3_700);
      expect(await value('backlogAge', { [SOURCE]: 'armox' })).toBe(0);
      expect(await measured.points(METRICS.backlogAge.name)).toHaveLength(2);
    });

    it('is a source that is not configured any more as long as it has events, and then 0', async () => {
      const rename = (to: string, from: string) =>
        app.dataSource.query(
          `UPDATE armox_armalo_inbox SET source = '${to}' WHERE source = '${from}'`,
        );
      await rename('parcels', 'armalo');
      expect(await value('backlogAge', { [SOURCE]: 'parcels' })).toBeGreaterThanOrEqual(3_600);
      await rename('armalo', 'parcels');
      expect(await value('backlogAge', { [SOURCE]: 'parcels' })).toBe(0);
      expect(await value('eventCount', { [SOURCE]: 'parcels' })).toBe(0);
    });

    it('is how long each feed has not been polled to its end, since the start where it never was', async () => {
      const reconciler = app.nest.get(Reconciler);
      await reconciler.reconcileNow();
      const [good] = reconciler.status();
      clock = () => (good?.doneAt ?? 0) + 5 * MINUTE;
      expect(await value('reconcileAge', { [FEED]: 'armalo-good' })).toBe(300);
      expect(await value('reconcileAge', { [FEED]: 'armalo-broken' })).toBe(clock() / 1_000);
      broken = true;
      await reconciler.reconcileNow();
      expect(await value('reconcileAge', { [FEED]: 'armalo-good' })).toBe(300);
      broken = false;
    });

    if (kind.name === 'postgres') {
      it('is a database that does not answer for 3 s, which holds up no collection and is asked once', async () => {
        const runner = app.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query('LOCK TABLE armox_armalo_inbox IN ACCESS EXCLUSIVE MODE');
        const before = counted.reads;
        for (const _collection of [1, 2]) {
          const up = value('databaseUp');
          while (timers.pending === 0) await new Promise((resolve) => setImmediate(resolve));
          timers.advance(3_000);
          expect(await up).toBe(0);
        }
        expect(counted.reads - before).toBe(1);
        await runner.rollbackTransaction();
        await runner.release();
        expect(await value('databaseUp')).toBe(1);
      });
    }

    it('is a database that cannot be read, without what is read from it', async () => {
      expect(await value('databaseUp')).toBe(1);
      await app.dataSource.query('DROP TABLE armox_armalo_inbox');
      expect(await value('databaseUp')).toBe(0);
    });
  });
}
