import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { heardOn } from '../diagnostics.js';
import { systemTimers, type EventFeed } from '../../lib/core/index.js';
import { RECONCILE_JOB, Reconciler, ReconcileSchedule } from '../../lib/reconcile/index.js';
import { LogBook } from './world.js';

const store = { holdLeaderLock: () => Promise.resolve(true) };
const inbox = { accept: () => Promise.reject(new Error('nothing is found here')) };

function countingFeed() {
  const counts = { rounds: 0, together: 0, under: 0 };
  let finish: () => void = () => undefined;
  let block = false;
  const feed: EventFeed = {
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

function reconcilerOf(feed: EventFeed): Reconciler {
  return new Reconciler({ feeds: [feed], inbox, store, logger: new LogBook() });
}

const DAY = 86_400_000;

/** A feed of an account of its own, so that it has its round beside others. */
function feedOf(name: string, poll: EventFeed['poll']): EventFeed {
  return { name, source: 'armox', account: name, poll };
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

  it('has a round every 30 days where that is the interval, although no timer holds so long', async () => {
    const { feed, counts } = countingFeed();
    const interval = 30 * DAY;
    const schedule = new ReconcileSchedule(reconcilerOf(feed), { interval, jitter: 0 });
    schedule.start();
    await jest.advanceTimersByTimeAsync(30 * DAY - 1);
    expect(counts.rounds).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(counts.rounds).toBe(1);
    await jest.advanceTimersByTimeAsync(60 * DAY);
    expect(counts.rounds).toBe(3);
    await schedule.stop();
    await jest.advanceTimersByTimeAsync(60 * DAY);
    expect(counts.rounds).toBe(3);
  });

  it('has its round on New Year’s Day where the cron expression says so, and not before', async () => {
    jest.setSystemTime(new Date(2026, 6, 1));
    const { feed, counts } = countingFeed();
    const schedule = new ReconcileSchedule(reconcilerOf(feed), { cron: '0 0 1 1 *' });
    schedule.start();
    await jest.advanceTimersByTimeAsync(183 * DAY);
    expect(counts.rounds).toBe(0);
    await jest.advanceTimersByTimeAsync(2 * DAY);
    expect(counts.rounds).toBe(1);
    await schedule.stop();
  });

  it('goes on by its cron expression when the clock has gone back an hour', async () => {
    const { feed, counts } = countingFeed();
    const schedule = new ReconcileSchedule(reconcilerOf(feed), { cron: '*/15 * * * * *' });
    schedule.start();
    await jest.advanceTimersByTimeAsync(60_000);
    jest.setSystemTime(Date.now() - 3_600_000);
    const before = counts.rounds;
    await jest.advanceTimersByTimeAsync(120_000);
    expect(counts.rounds - before).toBeGreaterThanOrEqual(7);
    await schedule.stop();
  });

  it.each([
    ['a timer', (then: () => void) => systemTimers.after(30 * DAY, then)],
    ['a sleep', (then: () => void) => void systemTimers.sleep(30 * DAY).then(then)],
  ])('%s of 30 days is as long as it says', async (_name, start) => {
    let ended = false;
    start(() => (ended = true));
    await jest.advanceTimersByTimeAsync(30 * DAY - 1);
    expect(ended).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended).toBe(true);
  });

  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])(
    'polls a feed that failed after its pause, when the clock has gone an hour %s',
    async (_name, jump) => {
      let polls = 0;
      const failing = feedOf('failing', () => {
        polls += 1;
        throw new Error('not today');
      });
      const log = new LogBook();
      const parts = { feeds: [failing], inbox, store, logger: log, random: () => 0.5 };
      const reconciler = new Reconciler(parts);
      await reconciler.tick();
      jest.setSystemTime(Date.now() + jump);
      await jest.advanceTimersByTimeAsync(9_999);
      await reconciler.tick();
      expect(polls).toBe(1);
      await jest.advanceTimersByTimeAsync(1);
      await reconciler.tick();
      expect(polls).toBe(2);
      expect(log.lines).toEqual([
        'The feed failing failed, and goes on where it was in 10 s: not today',
      ]);
    },
  );

  it('stops although a feed never ends, and says which one', async () => {
    const log = new LogBook();
    const deaf = feedOf('deaf', async function* () {
      await new Promise(() => undefined);
      yield [];
    });
    const reconciler = new Reconciler({ feeds: [deaf], inbox, store, logger: log });
    const schedule = new ReconcileSchedule(reconciler);
    schedule.start();
    await jest.advanceTimersByTimeAsync(11_000);
    let stopped = false;
    void schedule.stop().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(4_999);
    expect(stopped).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(stopped).toBe(true);
    expect(log.lines).toEqual([expect.stringContaining('The feed deaf has not ended within 5 s')]);
  });

  it('tells of each feed on the diagnostic channel', async () => {
    const feed = feedOf('failing', () => {
      throw new Error('what the service says');
    });
    const reconciler = new Reconciler({ feeds: [feed], inbox, store, logger: new LogBook() });
    const heard = await heardOn('polled', () => reconciler.tick().then(() => reconciler.tick()));
    const of = { feed: 'failing', source: 'armox', account: 'failing', found: 0, repaired: 0 };
    expect(heard).toEqual([
      { ...of, outcome: 'failed', duration: 0 },
      { ...of, outcome: 'paused', duration: 0 },
    ]);
  });

  it('does not wait for ever for a feed: the others go on, and it is asked again when it has ended', async () => {
    const log = new LogBook();
    const polls = { deaf: 0, other: 0 };
    let wake: () => void = () => undefined;
    const deaf = feedOf('deaf', async function* () {
      polls.deaf += 1;
      await new Promise<void>((resolve) => (wake = resolve));
      yield [];
    });
    // eslint-disable-next-line require-yield
    const other = feedOf('other', async function* () {
      polls.other += 1;
      await Promise.resolve();
    });
    const reconciler = new Reconciler({ feeds: [deaf, other], inbox, store, logger: log });
    const schedule = new ReconcileSchedule(reconciler, { jitter: 0 });
    schedule.start();
    await jest.advanceTimersByTimeAsync(400_000);
    expect(polls.deaf).toBe(1);
    expect(polls.other).toBeGreaterThan(8);
    expect(log.lines).toHaveLength(1);
    wake();
    await jest.advanceTimersByTimeAsync(20_000);
    expect(polls.deaf).toBe(2);
    wake();
    await schedule.stop();
  });

  it('tells once why it cannot poll while the database is away, and again when it is away again', async () => {
    const log = new LogBook();
    let away = true;
    const gone = {
      holdLeaderLock: () =>
        away ? Promise.reject(new Error('no database')) : store.holdLeaderLock(),
    };
    const reconciler = new Reconciler({
      feeds: [countingFeed().feed],
      inbox,
      store: gone,
      logger: log,
    });
    for (const now of [true, true, true, false, true]) {
      away = now;
      await reconciler.reconcileNow();
    }
    expect(log.lines.filter((line) => line.includes('no database'))).toHaveLength(2);
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
