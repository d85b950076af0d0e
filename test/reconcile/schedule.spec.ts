import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Feed } from '../../lib/core/index.js';
import { RECONCILE_JOB, Reconciler, ReconcileSchedule } from '../../lib/reconcile/index.js';
import { LogBook } from './world.js';

const store = { holdDuty: () => Promise.resolve(true) };
const inbox = { accept: () => Promise.reject(new Error('nothing is found here')) };

function countingFeed() {
  const counts = { rounds: 0, together: 0, under: 0 };
  let finish: () => void = () => undefined;
  let block = false;
  const feed: Feed = {
    name: 'counting',
    source: 'armox',
    account: '',
    // eslint-disable-next-line require-yield
    async *poll() {
      counts.rounds += 1;
      counts.under += 1;
      counts.together = Math.max(counts.together, counts.under);
      if (block) await new Promise<void>((resolve) => (finish = resolve));
      counts.under -= 1;
    },
  };
  return {
    feed,
    counts,
    block: () => (block = true),
    finish: () => ((block = false), finish()),
  };
}

function reconcilerOf(feed: Feed): Reconciler {
  return new Reconciler({ feeds: [feed], inbox, store, logger: new LogBook() });
}

class Ticks {
  static count = 0;
  @Interval(1_000)
  tick(): void {
    Ticks.count += 1;
  }
}

/** As the module does it: the registry is injected where the application has one. */
function poller(reconciler: Reconciler): DynamicModule {
  @Global()
  @Module({})
  class PollerModule {}
  return {
    module: PollerModule,
    providers: [
      {
        provide: ReconcileSchedule,
        inject: [{ token: SchedulerRegistry, optional: true }],
        useFactory: (registry?: SchedulerRegistry) =>
          new ReconcileSchedule(reconciler, {}, registry, () => 0.5),
      },
    ],
  };
}

describe('The schedule of the poller', () => {
  beforeEach(() => {
    Ticks.count = 0;
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('stands in the registry of an application that has one, and its own jobs run once', async () => {
    const { feed, counts } = countingFeed();
    const app = await Test.createTestingModule({
      imports: [ScheduleModule.forRoot(), poller(reconcilerOf(feed))],
      providers: [Ticks],
    }).compile();
    await app.init();
    app.get(ReconcileSchedule, { strict: false }).start();
    const registry = app.get(SchedulerRegistry);
    expect(registry.getIntervals()).toContain(RECONCILE_JOB);
    await jest.advanceTimersByTimeAsync(30_500);
    expect(Ticks.count).toBe(30);
    expect(counts.rounds).toBe(3);
    registry.deleteInterval(RECONCILE_JOB);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(counts.rounds).toBe(3);
    await app.get(ReconcileSchedule, { strict: false }).stop();
    await app.close();
  });

  it('runs without one', async () => {
    const { feed, counts } = countingFeed();
    const app = await Test.createTestingModule({
      imports: [poller(reconcilerOf(feed))],
      providers: [Ticks],
    }).compile();
    await app.init();
    app.get(ReconcileSchedule, { strict: false }).start();
    await jest.advanceTimersByTimeAsync(20_500);
    expect([counts.rounds, Ticks.count]).toEqual([2, 0]);
    await app.get(ReconcileSchedule, { strict: false }).stop();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(counts.rounds).toBe(2);
    await app.close();
  });

  it('takes a cron expression instead, and refuses one that cannot be read', async () => {
    const { feed, counts } = countingFeed();
    const registry = new SchedulerRegistry();
    const schedule = new ReconcileSchedule(reconcilerOf(feed), { cron: '*/5 * * * * *' }, registry);
    schedule.start();
    expect([...registry.getCronJobs().keys()]).toEqual([RECONCILE_JOB]);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(counts.rounds).toBe(4);
    await schedule.stop();
    expect([...registry.getCronJobs().keys()]).toEqual([]);
    expect(() => new ReconcileSchedule(reconcilerOf(feed), { cron: 'now and then' })).toThrow(
      '`reconcile.cron`',
    );
  });

  it('never has two rounds at once, and a round on demand comes after the one under way', async () => {
    const { feed, counts, block, finish } = countingFeed();
    const reconciler = reconcilerOf(feed);
    const schedule = new ReconcileSchedule(reconciler, {}, undefined, () => 0.5);
    schedule.start();
    block();
    await jest.advanceTimersByTimeAsync(60_500);
    expect(counts).toMatchObject({ rounds: 1, together: 1 });
    const asked = [reconciler.reconcileNow(), reconciler.reconcileNow()];
    finish();
    await Promise.all(asked);
    expect(counts).toEqual({ rounds: 2, together: 1, under: 0 });
    await schedule.stop();
  });

  it('waits for the round under way when it is stopped', async () => {
    const { feed, counts, block, finish } = countingFeed();
    const schedule = new ReconcileSchedule(reconcilerOf(feed));
    schedule.start();
    block();
    await jest.advanceTimersByTimeAsync(11_000);
    let stopped = false;
    const stop = schedule.stop().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(1);
    expect([counts.under, stopped]).toEqual([1, false]);
    finish();
    await stop;
    expect(counts.under).toBe(0);
  });
});
