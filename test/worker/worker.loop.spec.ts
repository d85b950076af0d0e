import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import type { ClaimedRow, Settlement } from '../../lib/inbox/index.js';
import { WorkerLoop } from '../../lib/worker/index.js';
import { LogBook } from './log-book.js';
import { ManualTimers, rest } from './manual-timers.js';
import { MemoryStore } from './memory.store.js';

const LEASE = 30_000;
const POLL = 1_000;

/** A loop whose handlers end when the test says so. */
function workbench(settings: { concurrency?: number; maxDeaths?: number } = {}) {
  const timers = new ManualTimers();
  const store = new MemoryStore(timers);
  const logger = new LogBook();
  const running = new Map<string, { end: (to?: Settlement) => void; signal: AbortSignal }>();
  const started: string[] = [];
  let onStart: (row: ClaimedRow) => void = () => {};
  const run = (row: ClaimedRow, signal: AbortSignal) => {
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
  const loop = new WorkerLoop({
    store,
    run,
    settings: { concurrency: 3, lease: LEASE, pollInterval: POLL, maxDeaths: 3, ...settings },
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
    finish: async (...ids: string[]) => {
      for (const id of ids) running.get(id)?.end();
      await rest();
    },
  };
}

function done(row: ClaimedRow): Settlement {
  const { id, token, handled, attempt } = row;
  return { id, token, handled, attempt, failures: [], to: 'done' };
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

  it('hears a notification that comes while a claim is on its way', async () => {
    const { store, loop, started } = workbench();
    const whole = store.claim.bind(store);
    store.claim = async (limit, leaseMs) => {
      const rows = await whole(limit, leaseMs);
      if (store.rows.size === 0) {
        store.add(1);
        loop.notify();
      }
      return rows;
    };
    loop.start();
    await rest();
    expect(started).toEqual(['1']);
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
    store.failing.set('claimSuspect', new Error('connection refused'));
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
  it('run alone, after the running ones have ended and before any other', async () => {
    const { store, loop, timers, finish, running } = workbench();
    store.add(6);
    store.abandon('6');
    store.row('6').leaseUntil = timers.now() + POLL / 2;
    loop.start();
    await timers.pass(2 * POLL);
    expect([...running.keys()]).toEqual(['1', '2', '3']);
    await finish('1', '2');
    expect([...running.keys()]).toEqual(['3']);
    await finish('3');
    expect([...running.keys()]).toEqual(['6']);
    await finish('6');
    expect([...running.keys()]).toEqual(['4', '5']);
    expect(store.row('6')).toMatchObject({ state: 'done', deaths: 1, attempt: 2 });
  });

  it('do not count the death of a process in which they only waited for their turn', async () => {
    const { store, loop, timers, running } = workbench({ maxDeaths: 2 });
    store.add(2);
    store.abandon('2');
    store.row('2').leaseUntil = timers.now() + POLL / 2;
    loop.start();
    await timers.pass(2 * POLL);
    expect([...running.keys()]).toEqual(['1']);
    expect(store.row('2')).toMatchObject({ token: 'gone', deaths: 0 });
  });

  it('run only after the one before is settled, whose death theirs would be', async () => {
    const { store, loop, timers, finish, running } = workbench({ maxDeaths: 2 });
    store.add(2);
    store.abandon('1');
    store.abandon('2');
    let commit = () => {};
    const settle = store.settle.bind(store);
    store.settle = async (settlements) => {
      await new Promise<void>((resolve) => (commit = resolve));
      return settle(settlements);
    };
    loop.start();
    await rest();
    await finish('1');
    await timers.pass(POLL);
    expect([...running.keys()]).toEqual([]);
    expect(store.row('2')).toMatchObject({ token: 'gone', deaths: 0 });
    commit();
    await timers.pass(POLL);
    expect([...running.keys()]).toEqual(['2']);
  });

  it('are looked for at the start, and end dead when they have killed too often', async () => {
    const { store, loop, running } = workbench({ maxDeaths: 1 });
    store.add(2);
    store.abandon('1');
    loop.start();
    await rest();
    expect(store.row('1')).toMatchObject({ state: 'dead', reason: 'killed-process' });
    expect([...running.keys()]).toEqual(['2']);
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

  it('is given up with a line in the log when the lease is over', async () => {
    const { store, loop, timers, finish, logger } = workbench();
    store.add(1);
    loop.start();
    await rest();
    for (const method of ['settle', 'heartbeat', 'claim', 'claimSuspect']) {
      store.failing.set(method, new Error('connection refused'));
    }
    await finish('1');
    await timers.pass(2 * LEASE);
    expect(logger.of('error')).toEqual([expect.stringMatching(/#1 could not be settled as done/)]);
    store.failing.clear();
    await timers.pass(LEASE);
    await finish('1');
    // The database was away, and no process died.
    expect(store.row('1')).toMatchObject({ state: 'done', deaths: 0, attempt: 1 });
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
    const base = { id, token, handled: [], attempt: 1, failures: [] };
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
    expect(store.calls.filter((call) => call.startsWith('giveBack'))).toEqual([]);
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

  it('leaves an event of a dead process that still waited to run alone to the next one', async () => {
    const { store, loop, timers, finish, started } = workbench();
    store.add(2);
    store.abandon('2');
    store.row('2').leaseUntil = timers.now() + POLL / 2;
    loop.start();
    await timers.pass(2 * POLL);
    const stopping = loop.stop({ graceMs: 15_000 });
    await finish('1');
    await stopping;
    expect(started).toEqual(['1']);
    expect(store.row('2')).toMatchObject({ token: 'gone', deaths: 0, attempt: 1 });
  });

  it('ends also when the database does not answer', async () => {
    const { store, loop, timers } = workbench();
    store.add(1);
    loop.start();
    await rest();
    store.giveBack = () => new Promise<never>(() => {});
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
