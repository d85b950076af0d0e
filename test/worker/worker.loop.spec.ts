import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Abortable } from '../../lib/core/index.js';
import type { ClaimedRow, ClaimException, Settlement } from '../../lib/inbox/index.js';
import { patternMatches } from '../../lib/handlers/event-pattern.js';
import { transactionalEvents } from '../../lib/worker/in-process/transactional.events.js';
import type { Slot } from '../../lib/worker/index.js';
import { claimSuite } from '../inbox/claim-suite.js';
import { TestClock } from '../inbox/test-clock.js';
import { InProcess } from './in-process.js';
import { LogBook } from './log-book.js';
import { ManualTime, rest } from '../manual-time.js';
import { MemoryStore } from './memory.store.js';

const LEASE = 30_000;
const POLL = 1_000;

/** A loop whose handlers end when the test says so. */
function workbench(
  settings: { concurrency?: number; transactions?: number; maxStalledCount?: number } = {},
  sources: readonly string[] = ['armalo'],
  transactional: readonly ClaimException[] = [],
) {
  const timers = new ManualTime();
  const store = new MemoryStore(timers);
  const logger = new LogBook();
  const running = new Map<string, { end: (to?: Settlement) => void; signal: Abortable }>();
  const started: string[] = [];
  let onStart: (row: ClaimedRow) => void = () => {};
  let wait: (row: ClaimedRow, slot: Slot) => Promise<void> | undefined = () => undefined;
  const run = async (row: ClaimedRow, signal: Abortable, slot: Slot) => {
    await wait(row, slot);
    started.push(row.id);
    onStart(row);
    return new Promise<Settlement | undefined>((resolve) => {
      const leave = (settlement: Settlement | undefined) => {
        running.delete(row.id);
        resolve(settlement);
      };
      running.set(row.id, { signal, end: (to = done(row)) => leave(to) });
      signal.addEventListener('abort', () => leave(undefined));
    });
  };
  const loop = new InProcess({
    store,
    dispatch: run,
    settings: {
      concurrency: 3,
      transactions: 1,
      lease: LEASE,
      pollInterval: POLL,
      maxStalledCount: 3,
      ...settings,
    },
    sources,
    needing: (needs) => (needs === 'transaction' ? transactional : []),
    timers,
    random: () => 0.5,
    logger,
  });
  return {
    timers,
    store,
    logger,
    running,
    started,
    loop,
    onStart: (then: typeof onStart) => (onStart = then),
    onWait: (then: typeof wait) => (wait = then),
    finish: async (...ids: string[]) => {
      for (const id of ids) running.get(id)?.end();
      await rest();
    },
  };
}

function done(row: ClaimedRow): Settlement {
  const { id, token, completedHandlers: handled, attempt } = row;
  return { id, token, completedHandlers: handled, attempt, failures: [], to: 'done' };
}

describe('claiming', () => {
  it('claims only what can start now, and asks for more as soon as a slot is free', async () => {
    const { store, loop, running, finish, started } = workbench();
    store.add(7);
    loop.start();
    await rest();
    expect([...running.keys()]).toEqual(['1', '2', '3']);
    expect(store.claimLimits).toEqual([3]);

    await finish('2');
    expect([...running.keys()]).toEqual(['1', '3', '4']);
    expect(store.claimLimits).toEqual([3, 1]);

    await finish('1', '3', '4');
    await finish('5', '6', '7');
    expect(started).toHaveLength(7);
    expect(store.states()).toBe('done done done done done done done');
  });

  it('lets the event loop come round after 64 events, however many may start', async () => {
    const { store, loop, started } = workbench({ concurrency: 100 });
    store.add(100);
    let inTheFirstTurn = 0;
    setImmediate(() => (inTheFirstTurn = started.length));
    loop.start();
    await rest();
    expect(inTheFirstTurn).toBe(64);
    expect(started).toHaveLength(100);
  });

  it('takes a short claim for no proof of an empty queue', async () => {
    const { store, loop, started } = workbench();
    store.add(3);
    const whole = store.claim.bind(store);
    store.claim = (_limit, leaseMs) => whole(1, leaseMs);
    loop.start();
    await rest();
    expect(started).toEqual(['1', '2', '3']);
  });

  it('sleeps until it is notified', async () => {
    const { store, loop, started } = workbench();
    loop.start();
    await rest();
    store.add(1);
    await rest();
    expect(started).toEqual([]);
    loop.notify();
    await rest();
    expect(started).toEqual(['1']);
  });

  it('hears a notification that comes while it claims, or asks what there is', async () => {
    for (const method of ['claim', 'outlook'] as const) {
      const { store, loop, started } = workbench();
      const whole = store[method].bind(store) as (...given: unknown[]) => Promise<unknown>;
      const noticed = async (...given: unknown[]) => {
        const answer = await whole(...given);
        if (store.rows.size === 0) {
          store.add(1);
          loop.notify();
        }
        return answer;
      };
      Object.assign(store, { [method]: noticed });
      loop.start();
      await rest();
      loop.notify();
      await rest();
      expect(started).toEqual(['1']);
    }
  });

  it('wakes when the next event is due, or at the poll interval when nobody tells it', async () => {
    const { store, loop, started, timers } = workbench();
    store.add(1, { dueAt: timers.now() + 400 });
    loop.start();
    await timers.pass(399);
    expect(started).toEqual([]);
    await timers.pass(1);
    expect(started).toEqual(['1']);

    await timers.pass(10);
    store.add(1);
    await timers.pass(POLL);
    expect(started).toEqual(['1', '2']);
  });

  it('tries once a poll for the event of a dead process that somebody has locked, however much is done beside it', async () => {
    const { store, loop, onStart, running, timers } = workbench();
    store.add(1);
    store.stall('1');
    store.locked.set('1', {});
    onStart((row) => setImmediate(() => running.get(row.id)?.end()));
    loop.start();
    for (let time = 0; time < 10 * POLL; time += POLL / 20) {
      store.add(1);
      loop.notify();
      await timers.pass(POLL / 20);
    }
    const tries = store.calls.filter((call) => call === 'claimStalled').length;
    expect(tries).toBeGreaterThanOrEqual(5);
    expect(tries).toBeLessThanOrEqual(11);
  });

  it('does not spin when something is due that another worker has locked', async () => {
    const { store, loop, timers } = workbench();
    store.add(1);
    store.claim = async () => {
      store.calls.push('claim');
      return [];
    };
    loop.start();
    await timers.pass(10_000);
    expect(store.calls.filter((call) => call === 'claim').length).toBeLessThan(25);
  });

  it('backs off while the database is away, and logs its leaving and its return', async () => {
    const { store, loop, timers, logger, started } = workbench();
    store.add(1);
    store.failing.set('claim', new Error('connection refused'));
    store.failing.set('outlook', new Error('connection refused'));
    loop.start();
    await timers.pass(600_000);
    expect(store.calls.filter((call) => call === 'claim').length).toBeLessThan(90);
    expect(logger.of('warn')).toHaveLength(2);

    store.failing.clear();
    await timers.pass(20_000);
    expect(started).toEqual(['1']);
    expect(logger.of('log: Can claim')).toHaveLength(1);
  });

  it('keeps the context of whoever notifies out of the handlers, and one handler out of the next', async () => {
    const requests = new AsyncLocalStorage<string>();
    const { store, loop, onStart, finish, timers } = workbench({ concurrency: 1 });
    const seen: unknown[] = [];
    onStart(() => {
      seen.push(requests.getStore());
      requests.enterWith('of a handler');
    });
    requests.run('request', () => loop.start());
    await rest();
    store.add(2);
    requests.run('request', () => loop.notify());
    await rest();
    await finish('1');
    await timers.pass(POLL);
    expect(seen).toEqual([undefined, undefined]);
  });
});

describe('leases', () => {
  it('are extended together, every third of their length', async () => {
    const { store, loop, timers, running } = workbench();
    store.add(3);
    loop.start();
    await timers.pass(3.5 * LEASE);
    const beats = store.calls.filter((call) => call.startsWith('heartbeat'));
    expect(beats).toEqual(Array(10).fill('heartbeat 3'));
    expect([...running.values()].some(({ signal }) => signal.aborted)).toBe(false);
  });

  it('that were lost abort their handler, free the slot, and settle nothing', async () => {
    const { store, loop, timers, running, started } = workbench({ concurrency: 2 });
    store.add(2);
    loop.start();
    await rest();
    const [first] = running.values();
    store.row('1').token = 'another worker';
    store.row('1').leaseUntil = timers.now() + 10 * LEASE;
    await timers.pass(LEASE / 3);
    expect(first?.signal.aborted).toBe(true);
    expect(running.has('2')).toBe(true);

    store.add(1);
    loop.notify();
    await timers.pass(POLL);
    expect(started).toEqual(['1', '2', '3']);
    expect(store.settledGroups).toEqual([]);
    expect(store.row('1').token).toBe('another worker');
  });

  it('that could not be extended until their end abort too, also when the heartbeat hangs', async () => {
    for (const heartbeat of [
      () => Promise.reject(new Error('reset')),
      () => new Promise<never>(() => {}),
    ]) {
      const { store, loop, timers, running } = workbench();
      store.add(1);
      store.heartbeat = heartbeat;
      loop.start();
      await rest();
      const [only] = running.values();
      await timers.pass(LEASE - 1);
      expect(only?.signal.aborted).toBe(false);
      await timers.pass(1);
      expect(only?.signal.aborted).toBe(true);
    }
  });
});

describe('events whose process died', () => {
  it('run alone in a worker that is idle, before any other', async () => {
    const { store, loop, finish, running, timers } = workbench();
    store.add(4);
    store.stall('3');
    store.stall('4');
    loop.start();
    await rest();
    expect([...running.keys()]).toEqual(['3']);
    await finish('3');
    // What the others had to wait is paid back tenfold, which was nothing here.
    expect([...running.keys()]).toEqual(['4']);
    await timers.pass(100);
    await finish('4');
    expect([...running.keys()]).toEqual(['1', '2']);
    expect(store.row('4')).toMatchObject({ state: 'done', stalledCount: 0, attempt: 2 });
  });

  it('keep others waiting for a second at most, and did not die alone from then on', async () => {
    const { store, loop, finish, running, timers } = workbench();
    store.add(3);
    store.stall('2');
    loop.start();
    await timers.pass(999);
    expect([...running.keys()]).toEqual(['2']);
    expect(store.calls).not.toContain('noLongerAlone');
    await timers.pass(1);
    expect([...running.keys()]).toEqual(['2', '1', '3']);
    const noted = store.calls.indexOf('noLongerAlone');
    expect(noted).toBeGreaterThan(0);
    expect(store.calls.indexOf('claim')).toBeGreaterThan(noted);
    await finish('1', '2', '3');
    expect(store.states()).toBe('done done done');
  });

  it('get no company while it cannot be written that they have it', async () => {
    const { store, loop, running, timers, logger } = workbench();
    store.add(2);
    store.stall('2');
    store.failing.set('noLongerAlone', new Error('connection refused'));
    loop.start();
    await timers.pass(5_000);
    expect([...running.keys()]).toEqual(['2']);
    expect(logger.of('warn')).toHaveLength(1);
    store.failing.clear();
    await timers.pass(10_000);
    expect([...running.keys()]).toEqual(['2', '1']);
  });

  it('let the others go first when these had to wait for the one before', async () => {
    const { store, loop, finish, running, timers } = workbench();
    store.add(4);
    store.stall('1', 5);
    store.stall('2', 5);
    loop.start();
    await timers.pass(500);
    expect([...running.keys()]).toEqual(['1']);
    await finish('1');
    expect([...running.keys()]).toEqual(['3', '4']);
    // Busy, and the other one still waits for a process that is not.
    await timers.pass(3 * POLL);
    expect([...running.keys()]).toEqual(['3', '4']);
    await finish('3', '4');
    await timers.pass(POLL);
    expect([...running.keys()]).toEqual(['2']);
  });

  it('do not stop a worker that is busy: they run among the others, one at a time', async () => {
    const { store, loop, timers, finish, running } = workbench({ concurrency: 5 });
    store.add(2);
    loop.start();
    await rest();
    store.add(2);
    store.stall('3');
    store.stall('4');
    await timers.pass(2 * POLL);
    expect([...running.keys()]).toEqual(['1', '2', '3']);
    store.add(1);
    loop.notify();
    await rest();
    expect([...running.keys()]).toEqual(['1', '2', '3', '5']);
    await finish('3');
    expect([...running.keys()]).toEqual(['1', '2', '5', '4']);
    expect(store.row('3')).toMatchObject({ state: 'done', stalledCount: 0, attempt: 2 });
  });

  it('run only after the one before is settled, whose death theirs would be', async () => {
    const { store, loop, timers, finish, running } = workbench({ maxStalledCount: 2 });
    store.add(2);
    store.stall('1', 5);
    store.stall('2', 5);
    let commit = () => {};
    const settle = store.settle.bind(store);
    store.settle = async (settlements) => {
      await new Promise<void>((resolve) => (commit = resolve));
      return settle(settlements);
    };
    loop.start();
    await rest();
    await finish('1');
    await timers.pass(POLL / 2);
    expect([...running.keys()]).toEqual([]);
    commit();
    await rest();
    expect([...running.keys()]).toEqual(['2']);
  });

  it('end dead when they have killed it alone too often', async () => {
    const { store, loop, running } = workbench({ maxStalledCount: 1 });
    store.add(2);
    const rescue = { leaseMs: 0, maxStalledCount: 1, alone: true, held: new Set<string>() };
    store.stall('1');
    await store.claimStalled(rescue);
    loop.start();
    await rest();
    expect(store.row('1')).toMatchObject({
      state: 'dead',
      reason: 'killed-process',
      stalledCount: 1,
    });
    expect([...running.keys()]).toEqual(['2']);
  });

  it('are not those that this process holds itself, however late it is', async () => {
    const { store, loop, timers, started } = workbench();
    store.add(1);
    loop.start();
    await rest();
    store.row('1').leaseUntil = timers.now() - 1;
    await timers.pass(3 * POLL);
    expect(started).toEqual(['1']);
  });
});

describe('slots', () => {
  it('are not all had by one of several sources, however much it has to do', async () => {
    const { store, loop, running, finish, started } = workbench({ concurrency: 20 }, [
      'armalo',
      'armox',
    ]);
    store.add(60);
    loop.start();
    await rest();
    expect(running.size).toBe(18);
    store.add(3, { source: 'armox' });
    loop.notify();
    await rest();
    expect(started.slice(18)).toEqual(['61', '62']);
    await finish('61', '62');
    expect(started.slice(20)).toEqual(['63']);
    await finish('1', '2');
    expect(started.slice(21)).toEqual(['19', '20']);
  });

  it('are one for each where there are two, and one source alone has them all', async () => {
    const two = workbench({ concurrency: 2 }, ['armalo', 'armox']);
    two.store.add(5);
    two.loop.start();
    await rest();
    expect([...two.running.keys()]).toEqual(['1']);
    const one = workbench({ concurrency: 2 });
    one.store.add(5);
    one.loop.start();
    await rest();
    expect([...one.running.keys()]).toEqual(['1', '2']);
  });

  it('are not held by events that wait for a connection, of which so many are claimed as can wait', async () => {
    const slow = { source: 'armalo', names: ['escrow.created'] };
    const bench = workbench({ concurrency: 3, transactions: 2 }, ['armalo'], [slow]);
    const { store, loop, running, onWait, finish, timers } = bench;
    const connections: (() => void)[] = [];
    onWait((row, slot) => {
      if (row.name !== 'escrow.created') return undefined;
      return slot.whileWaiting(() => new Promise((resolve) => connections.push(resolve)));
    });
    store.add(10);
    store.add(4, { name: 'pact.violated' });
    loop.start();
    await timers.pass(POLL);
    expect(connections).toHaveLength(2);
    expect([...running.keys()]).toEqual(['11', '12', '13']);
    await finish('11');
    await timers.pass(POLL);
    expect([...running.keys()]).toEqual(['12', '13', '14']);

    connections.shift()?.();
    connections.shift()?.();
    await timers.pass(POLL);
    expect([...running.keys()]).toEqual(['12', '13', '14', '1', '2']);
    await finish('12', '13', '1');
    await timers.pass(POLL);
    // One waits, which is less than the two that may.
    expect(connections.length).toBeGreaterThan(1);
  });

  it('are soon given to what needs no connection, where many wait for one and the walk past them is long', async () => {
    const slow = { source: 'armalo', names: ['escrow.created'] };
    const { store, loop, started, onWait, timers } = workbench({}, ['armalo'], [slow]);
    onWait((row, slot) =>
      row.name === 'escrow.created' ? slot.whileWaiting(() => new Promise(() => {})) : undefined,
    );
    const whole = store.claim.bind(store);
    store.claim = async (limit, leaseMs, except = []) => {
      if (except.length > 0) await new Promise<void>((resolve) => timers.after(100, resolve));
      return whole(limit, leaseMs, except);
    };
    store.add(10);
    loop.start();
    // The first walk finds nothing; the next one has its rest, and then the walk itself, to wait for.
    await timers.pass(110);
    store.add(1, { name: 'pact.violated' });
    loop.notify();
    await timers.pass(200);
    expect(started).toEqual(['11']);
  });

  it('know the transactional events by the names that a source documents or a handler gives', () => {
    const handler = (source: string, pattern: string, transactional: boolean | 'grouped') => ({
      name: `${source} ${pattern}`,
      source,
      patterns: [pattern],
      options: { transactional },
      invoke: () => Promise.resolve(),
    });
    const all = [
      handler('armalo', 'escrow.*', true),
      handler('armalo', 'pact.new', true),
      handler('armalo', '*', false),
      handler('armox', '*', true),
      handler('third', '*', false),
      handler('third', 'pact.violated', 'grouped'),
    ];
    const registry = {
      all: () => all,
      handlersFor: (source: string, name: string) =>
        all.filter(
          (one) => one.source === source && one.patterns.some((each) => patternMatches(each, name)),
        ),
    };
    const eventNames = ['escrow.created', 'pact.violated'];
    const sources = ['armalo', 'armox', 'third'].map((name) => ({ name, eventNames }));
    expect(transactionalEvents(registry, sources, true)).toEqual([
      { source: 'armalo', names: ['escrow.created', 'pact.new'] },
      { source: 'armox' },
    ]);
    expect(transactionalEvents(registry, sources, 'grouped')).toEqual([
      { source: 'third', names: ['pact.violated'] },
    ]);
  });

  it('that are kept for others do not make the worker ask for these without end', async () => {
    const { store, loop, timers } = workbench({ concurrency: 2 }, ['armalo', 'armox']);
    store.add(50);
    loop.start();
    await timers.pass(10 * POLL);
    expect(store.calls.filter((call) => call === 'claim').length).toBeLessThan(25);
  });

  it('kept for others cost the one that has much to do a tenth of the time at most', async () => {
    const { store, loop, timers } = workbench({ concurrency: 2 }, ['armalo', 'armox']);
    store.add(50);
    const whole = store.claim.bind(store);
    let walks = 0;
    store.claim = async (limit, leaseMs, except = []) => {
      if (except.length > 0) {
        walks++;
        await new Promise<void>((resolve) => timers.after(100, resolve));
      }
      return whole(limit, leaseMs, except);
    };
    loop.start();
    for (let time = 0; time < 5_500; time += 50) {
      loop.notify();
      await timers.pass(50);
    }
    expect(walks).toBeGreaterThan(1);
    expect(walks).toBeLessThanOrEqual(6);
  });
});

describe('settling', () => {
  it('shares a commit among events that end together, and frees slots before it', async () => {
    const { store, loop, finish, running } = workbench();
    store.add(6);
    let commit = () => {};
    const whole = store.settle.bind(store);
    store.settle = async (settlements) => {
      await new Promise<void>((resolve) => (commit = resolve));
      return whole(settlements);
    };
    loop.start();
    await rest();
    await finish('1');
    await finish('2', '3', '4');
    expect([...running.keys()]).toEqual(['5', '6']);
    commit();
    await rest();
    commit();
    await rest();
    expect(store.settledGroups).toEqual([1, 3]);
  });

  it('is tried again while the lease lasts', async () => {
    const { store, loop, timers, finish, logger } = workbench();
    store.add(2);
    loop.start();
    await rest();
    store.failing.set('settle', new Error('deadlock'));
    await finish('1', '2');
    await timers.pass(500);
    store.failing.clear();
    await timers.pass(1_000);
    expect(store.states()).toBe('done done');
    expect(logger.of('warn')).toHaveLength(1);
  });

  const databaseAway = (store: MemoryStore) => {
    for (const method of ['settle', 'heartbeat', 'claim', 'outlook']) {
      store.failing.set(method, new Error('connection refused'));
    }
  };
  const failedOnce = (row: ClaimedRow): Settlement => ({
    ...done(row),
    to: 'retry',
    inMs: 0,
    error: 'refused',
  });

  it('is written after the lease too, where nobody has taken the event meanwhile', async () => {
    const { store, loop, timers, running, started, logger } = workbench();
    store.add(1);
    loop.start();
    await rest();
    databaseAway(store);
    running.get('1')?.end(failedOnce(store.row('1') as unknown as ClaimedRow));
    await timers.pass(1.2 * LEASE);
    store.failing.clear();
    await timers.pass(20_000);
    // The second run is the one that the failure asked for: it was not forgotten.
    expect(started).toEqual(['1', '1']);
    expect(store.row('1')).toMatchObject({ attempt: 2, stalledCount: 0 });
    expect(logger.of('error')).toEqual([]);
  });

  it('is written after a process stood still for longer than its lease', async () => {
    const { store, loop, timers, running, started } = workbench();
    store.add(1);
    loop.start();
    await rest();
    let goOn = () => {};
    const whole = store.settle.bind(store);
    store.settle = async (settlements) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      throw Object.assign(new Error('cut'), { settlements: settlements.length });
    };
    store.heartbeat = () => new Promise<never>(() => {});
    running.get('1')?.end(failedOnce(store.row('1') as unknown as ClaimedRow));
    await timers.pass(LEASE + 1);
    store.settle = whole;
    goOn();
    await timers.pass(1_000);
    expect(started).toEqual(['1', '1']);
    expect(store.row('1')).toMatchObject({ attempt: 2, stalledCount: 0 });
  });

  it('is refused where another worker has taken the event after the lease', async () => {
    const { store, loop, timers, finish, logger } = workbench();
    store.add(1);
    loop.start();
    await rest();
    databaseAway(store);
    await finish('1');
    await timers.pass(1.2 * LEASE);
    store.row('1').token = 'another worker';
    store.row('1').leaseUntil = timers.now() + 10 * LEASE;
    store.failing.clear();
    await timers.pass(20_000);
    expect(store.row('1')).toMatchObject({ state: 'open', token: 'another worker' });
    expect(logger.of('warn').at(-1)).toMatch(/#1 .* lost its lease before it was settled/);
  });

  it('is given up with a line in the log when the database stays away', async () => {
    const { store, loop, timers, finish, logger } = workbench();
    store.add(1);
    loop.start();
    await rest();
    databaseAway(store);
    await finish('1');
    await timers.pass(4 * LEASE);
    expect(logger.of('error')).toEqual([expect.stringMatching(/#1 could not be settled as done/)]);
    store.failing.clear();
    await timers.pass(LEASE);
    await finish('1');
    // The database was away, and no process died.
    expect(store.row('1')).toMatchObject({ state: 'done', stalledCount: 0, attempt: 1 });
  });

  it('of one event that the database refuses does not hold its neighbours back', async () => {
    const { store, loop, timers, finish, running } = workbench();
    store.add(3);
    const whole = store.settle.bind(store);
    store.settle = async (settlements) => {
      const poisoned = settlements.some((one) => 'error' in one && one.error === '\u0000');
      if (poisoned) throw new Error('invalid byte sequence');
      return whole(settlements);
    };
    loop.start();
    await rest();
    const { id, token } = store.row('2') as { id: string; token: string };
    const base = { id, token, completedHandlers: [], attempt: 1, failures: [] };
    running.get('2')?.end({ ...base, to: 'dead', reason: 'rejected', error: '\u0000' });
    await finish('1', '3');
    await timers.pass(5_000);
    expect(store.states()).toBe('done dead done');
    expect(store.row('2').lastError).toMatch(/could not be recorded/);
  });
});

describe('an event whose settle never succeeds', () => {
  it('leaves its neighbours alone, and is given up at last', async () => {
    const { store, loop, timers, finish, logger } = workbench();
    store.add(3);
    const whole = store.settle.bind(store);
    store.settle = async (settlements) => {
      if (settlements.some(({ id }) => id === '2')) throw new Error('refused');
      return whole(settlements);
    };
    loop.start();
    await rest();
    await finish('1', '2', '3');
    await timers.pass(5_000);
    expect(store.states()).toBe('done open done');
    await timers.pass(10 * LEASE);
    expect(logger.of('error')).toEqual([expect.stringContaining('#2 could not be settled')]);
  });
});

describe('stopping', () => {
  it('waits for running handlers, settles them, and claims nothing more', async () => {
    const { store, loop, timers, finish, started } = workbench({ concurrency: 1 });
    store.add(2);
    loop.start();
    await rest();
    let stopped = false;
    const stopping = loop.stop({ graceMs: 15_000 }).then(() => (stopped = true));
    await timers.pass(14_000);
    expect(stopped).toBe(false);
    await finish('1');
    await stopping;
    expect(started).toEqual(['1']);
    expect(store.states()).toBe('done open');
    expect(store.calls.filter((call) => call.startsWith('release'))).toEqual([]);
  });

  it('tells the others to stop after the grace, and gives their events back with the attempt', async () => {
    const { store, loop, timers, running } = workbench();
    store.add(2);
    loop.start();
    await rest();
    const signals = [...running.values()].map(({ signal }) => signal);
    const stopping = loop.stop({ graceMs: 15_000 });
    await timers.pass(15_000);
    await stopping;
    expect(signals.every((signal) => signal.aborted)).toBe(true);
    expect(store.row('1')).toMatchObject({ state: 'open', token: null, attempt: 0 });
    expect(store.row('2')).toMatchObject({ state: 'open', token: null, attempt: 0 });
  });

  it('gives back what a claim brings after it', async () => {
    const { store, loop, started } = workbench();
    store.add(1);
    let arrive = () => {};
    const whole = store.claim.bind(store);
    store.claim = async (limit, leaseMs) => {
      const rows = await whole(limit, leaseMs);
      await new Promise<void>((resolve) => (arrive = resolve));
      return rows;
    };
    loop.start();
    await rest();
    const stopping = loop.stop({ graceMs: 15_000 });
    arrive();
    await stopping;
    expect(started).toEqual([]);
    expect(store.row('1')).toMatchObject({ token: null, attempt: 0 });
  });

  it('says before it goes that an event did not die alone, and gives it back', async () => {
    const { store, loop, timers, started } = workbench();
    store.add(1);
    store.stall('1');
    loop.start();
    await rest();
    expect(started).toEqual(['1']);
    const stopping = loop.stop({ graceMs: 15_000 });
    await timers.pass(15_000);
    await stopping;
    expect(store.calls).toContain('noLongerAlone');
    expect(store.row('1')).toMatchObject({ state: 'open', token: null, attempt: 1 });
  });

  it('ends also when the database does not answer', async () => {
    const { store, loop, timers } = workbench();
    store.add(1);
    loop.start();
    await rest();
    store.release = () => new Promise<never>(() => {});
    const stopping = loop.stop({ graceMs: 5_000 });
    await timers.pass(10_000);
    await stopping;
  });

  it('frees nothing twice: a second call waits for the first', async () => {
    const { loop } = workbench();
    loop.start();
    expect(loop.stop({ graceMs: 1 })).toBe(loop.stop({ graceMs: 1 }));
    await loop.stop({ graceMs: 1 });
  });
});

describe('the store in memory of these tests', () => {
  const its = { clock: new TestClock() } as { clock: TestClock; store: MemoryStore };
  beforeEach(() => {
    its.store = new MemoryStore(its.clock);
  });
  claimSuite(its);
});
