import { describe, expect, it } from '@jest/globals';
import type { ClaimedRow, Settlement } from '../../lib/inbox/index.js';
import { InProcess } from './in-process.js';
import { LogBook } from './log-book.js';
import { ManualTime } from '../manual-time.js';
import { MemoryStore } from './memory.store.js';

const LEASE = 30_000;

const done = ({ id, token, completedHandlers, attempt }: ClaimedRow): Settlement => ({
  ...{ id, token, completedHandlers, attempt },
  failures: [],
  to: 'done',
});

/** A store, and replicas on it whose handlers take as long as they are told. */
function replicas(sources: readonly string[] = ['armalo']) {
  const timers = new ManualTime();
  const store = new MemoryStore(timers);
  const replica = (
    takes: (row: ClaimedRow) => number,
    { concurrency = 5, lease = LEASE }: { concurrency?: number; lease?: number } = {},
  ) => {
    const started: string[] = [];
    const process = new InProcess({
      store,
      dispatch: async (row) => {
        started.push(row.id);
        await timers.sleep(takes(row));
        return done(row);
      },
      settings: {
        concurrency,
        transactions: 1,
        lease,
        pollInterval: 1_000,
        maxStalledCount: 3,
      },
      sources,
      needing: () => [],
      timers,
      random: () => 0.5,
      logger: new LogBook(),
    });
    process.start();
    return { process, started };
  };
  const held = () => [...store.rows.values()].filter(({ token }) => token !== null).length;
  return { timers, store, replica, held };
}

describe('claiming ahead', () => {
  it('grows with the pace of quick handlers, so that one claim brings what half a second needs', async () => {
    const { timers, store, replica } = replicas();
    store.add(3_000);
    replica(() => 10);
    await timers.pass(1_000);
    // 5 slots of 10 ms make 500 events a second.
    expect(store.claimLimits.filter((limit) => limit > 5).length).toBeGreaterThan(0);
    expect(Math.max(...store.claimLimits)).toBeLessThanOrEqual(260);
    const before = store.claimLimits.length;
    await timers.pass(2_000);
    expect(store.claimLimits.length - before).toBeLessThan(12);
    await timers.pass(5_000);
    expect(store.states()).not.toMatch(/open/);
  });

  it('is never more than 500, however quick the handlers are', async () => {
    const { timers, store, replica } = replicas();
    store.add(20_000);
    replica(() => 1, { concurrency: 50 });
    await timers.pass(500);
    expect(Math.max(...store.claimLimits)).toBe(500);
  });

  it('asks for the next rows while there are still some that wait', async () => {
    const { timers, store, replica, held } = replicas();
    store.add(3_000);
    replica(() => 10);
    await timers.pass(500);
    const whole = store.claim.bind(store);
    const waiting: number[] = [];
    store.claim = (limit, leaseMs, except) => {
      waiting.push(held());
      return whole(limit, leaseMs, except);
    };
    await timers.pass(1_000);
    expect(waiting.length).toBeGreaterThan(0);
    expect(Math.min(...waiting)).toBeGreaterThan(5);
  });

  it('keeps nothing from others where handlers are slow: no more is claimed than can start', async () => {
    const { timers, store, replica, held } = replicas();
    store.add(100);
    replica(() => 60_000);
    await timers.pass(20_000);
    expect(held()).toBe(5);
    expect(Math.max(...store.claimLimits)).toBe(5);
  });

  it('gives rows back that have waited a second, with their attempt, and an idle replica runs them', async () => {
    const { timers, store, replica, held } = replicas();
    let slow = false;
    store.add(10_000);
    const first = replica(() => (slow ? 600_000 : 10));
    await timers.pass(1_000);
    slow = true;
    await timers.pass(20);
    expect(held()).toBeGreaterThan(100);
    // The few of the second before that one ended in go a second later.
    await timers.pass(2_200);
    expect(held()).toBe(5);
    const given = [...store.rows.values()].filter(({ state, token }) => state === 'open' && !token);
    expect(given.every(({ attempt }) => attempt === 0)).toBe(true);
    const second = replica(() => 10);
    await timers.pass(2_000);
    expect(second.started.length).toBeGreaterThan(500);
    expect(second.started.some((id) => first.started.includes(id))).toBe(false);
  });

  it('extends the leases of rows that wait', async () => {
    const { timers, store, replica } = replicas();
    const pace = { takes: 10 };
    store.add(3_000);
    replica(() => pace.takes, { lease: 1_500 });
    await timers.pass(1_000);
    pace.takes = 600_000;
    await timers.pass(900);
    const held = [...store.rows.values()].filter(({ token }) => token !== null);
    expect(held.length).toBeGreaterThan(100);
    expect(Math.min(...held.map(({ leaseUntil }) => leaseUntil))).toBeGreaterThan(
      timers.now() + 500,
    );
  });

  it('gives rows back at shutdown that have not begun, with their attempt', async () => {
    const { timers, store, replica, held } = replicas();
    store.add(3_000);
    const { process } = replica(() => 10);
    await timers.pass(1_000);
    expect(held()).toBeGreaterThan(100);
    const stopped = process.stop({ graceMs: 5_000 });
    await timers.pass(100);
    await stopped;
    expect(held()).toBe(0);
    const open = [...store.rows.values()].filter(({ state }) => state === 'open');
    expect(open.length).toBeGreaterThan(0);
    expect(open.every(({ attempt }) => attempt === 0)).toBe(true);
  });

  it('is of fewer rows where their bodies are large', async () => {
    const { timers, store, replica, held } = replicas();
    store.add(2_000, { body: Buffer.alloc(1024 * 1024) });
    replica(() => 1, { concurrency: 50 });
    await timers.pass(300);
    expect(Math.max(...store.claimLimits)).toBeLessThanOrEqual(50 + 16);
    expect(held()).toBeLessThanOrEqual(50 + 16);
  });

  it('of one source holds up none of another that has a slot', async () => {
    const { timers, store, replica } = replicas(['armalo', 'armox']);
    store.add(10_000);
    const { started } = replica(({ source }) => (source === 'armox' ? 1 : 100), {
      concurrency: 20,
    });
    await timers.pass(2_000);
    store.add(1, { source: 'armox' });
    await timers.pass(50);
    expect(started).not.toContain('10001');
    store.add(1, { source: 'armox' });
    await timers.pass(1_000);
    expect(started).toEqual(expect.arrayContaining(['10001', '10002']));
  });

  it('does not run a row whose lease ran out while it waited', async () => {
    const { timers, store, replica } = replicas();
    const pace = { takes: 10 };
    store.add(3_000);
    const { started } = replica(() => pace.takes, { lease: 1_500 });
    await timers.pass(1_000);
    pace.takes = 700;
    await timers.pass(20);
    const waiting = [...store.rows.values()].filter(
      ({ id, token }) => token !== null && !started.includes(id),
    );
    const [next, after] = waiting.map(({ id }) => id) as [string, string];
    // Another replica's by now, as the next heartbeat finds.
    store.row(next).token = 'of another';
    await timers.pass(750);
    expect(started).not.toContain(next);
    expect(started).toContain(after);
  });
});
