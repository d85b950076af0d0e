import { describe, expect, it } from '@jest/globals';
import type { Abortable } from '../../lib/core/index.js';
import type { ClaimedRow, Settlement } from '../../lib/inbox/index.js';
import { Execution, type ExecutionOutcome } from '../../lib/worker/index.js';
import { ManualTime, rest } from '../manual-time.js';
import { settlement } from '../inbox/event.fixtures.js';
import { LogBook } from './log-book.js';
import { MemoryStore } from './memory.store.js';

const LEASE = 30_000;

/** An execution without a loop: the test is the engine, and ends the handlers. */
function workbench() {
  const timers = new ManualTime();
  const store = new MemoryStore(timers);
  const logger = new LogBook();
  const running = new Map<string, { row: ClaimedRow; end: (to?: Settlement) => void }>();
  const dispatch = (row: ClaimedRow, signal: Abortable) =>
    new Promise<Settlement | undefined>((resolve) => {
      const end = (to?: Settlement) => (running.delete(row.id), resolve(to));
      running.set(row.id, { row, end });
      signal.addEventListener('abort', () => end());
    });
  const random = () => 0.5;
  const execution = new Execution({ store, dispatch, lease: LEASE, timers, random, logger });
  execution.start();
  const finish = async (id: string, how: Parameters<typeof settlement>[1] = { to: 'done' }) => {
    const { row, end } = running.get(id) as { row: ClaimedRow; end: (to?: Settlement) => void };
    end(settlement(row, how));
    await rest();
  };
  const begin = async (id: string) => {
    const outcomes: ExecutionOutcome[] = [];
    const ended = execution.run(id).then((outcome) => void outcomes.push(outcome));
    await rest();
    return { outcomes, ended };
  };
  const stop = (graceMs: number) => execution.stop({ graceMs, engine: Promise.resolve() });
  return { timers, store, logger, running, execution, finish, begin, stop };
}

describe('an event that is run by its id', () => {
  it.each([
    [{ to: 'done' }, { outcome: 'done' }, 'done'],
    [{ to: 'ignored', reason: 'no-handler' }, { outcome: 'ignored' }, 'ignored'],
    [{ to: 'dead', reason: 'rejected', error: 'no' }, { outcome: 'dead' }, 'dead'],
    [{ to: 'retry', inMs: 5_000, error: 'no' }, { outcome: 'retry', inMs: 5_000 }, 'open'],
    [{ to: 'postponed', inMs: 70 }, { outcome: 'retry', inMs: 70 }, 'open'],
  ] as const)('that ends as %j is settled and told as %j', async (how, told, state) => {
    const { store, finish, begin, execution } = workbench();
    store.add(2);
    const { outcomes } = await begin('2');
    expect(execution.size).toBe(1);
    await finish('2', how);
    expect(outcomes).toEqual([told]);
    expect(store.states()).toBe(`open ${state}`);
    expect(execution.size).toBe(0);
    expect(execution.leases).toEqual([]);
  });

  it('is not run where it cannot be claimed', async () => {
    const { store, timers, finish, begin, running } = workbench();
    store.add(3);
    await begin('1');
    await begin('2');
    await finish('2');
    store.row('3').dueAt = timers.now() + 1;
    for (const id of ['1', '2', '3', '4']) {
      expect((await begin(id)).outcomes).toEqual([{ outcome: 'not-claimed' }]);
    }
    expect([...running.keys()]).toEqual(['1']);
  });

  it('comes out as the error of the database where that cannot be asked', async () => {
    const { store, execution } = workbench();
    store.add(1);
    store.failing.set('claimById', new Error('away'));
    await expect(execution.run('1')).rejects.toThrow('away');
  });

  it('keeps its lease while its handlers run, and is aborted where that cannot be', async () => {
    const { store, timers, begin, finish } = workbench();
    store.add(2);
    const long = await begin('1');
    await timers.pass(4 * LEASE);
    expect(store.calls.filter((call) => call === 'heartbeat 1').length).toBeGreaterThan(10);
    await finish('1');
    expect(long.outcomes).toEqual([{ outcome: 'done' }]);

    const lost = await begin('2');
    store.row('2').token = 'of another worker';
    await timers.pass(LEASE);
    expect(lost.outcomes).toEqual([{ outcome: 'unsettled' }]);
    expect(store.row('2').token).toBe('of another worker');
  });

  it('is unsettled where another worker has taken it meanwhile', async () => {
    const { store, begin, finish, logger } = workbench();
    store.add(1);
    const { outcomes } = await begin('1');
    store.row('1').token = 'of another worker';
    await finish('1');
    expect(outcomes).toEqual([{ outcome: 'unsettled' }]);
    expect(store.states()).toBe('open');
    expect(logger.of('warn')).toHaveLength(1);
  });

  it('is given back after an outage that it ran into, by the next heartbeat', async () => {
    const { store, timers, begin } = workbench();
    store.add(1);
    const { outcomes } = await begin('1');
    for (const method of ['heartbeat', 'release']) store.failing.set(method, new Error('away'));
    await timers.pass(2 * LEASE);
    expect(outcomes).toEqual([{ outcome: 'unsettled' }]);
    expect(store.row('1')).toMatchObject({ attempt: 1, state: 'open' });
    store.failing.clear();
    await timers.pass(LEASE);
    expect(store.row('1')).toMatchObject({ token: null, attempt: 0 });
    expect((await begin('1')).outcomes).toEqual([]);
    expect(store.row('1').attempt).toBe(1);
  });
});

describe('an execution that stops', () => {
  it('waits for the engine and for what runs, and lets nothing begin any more', async () => {
    const { store, timers, execution, begin, finish } = workbench();
    store.add(3);
    const first = await begin('1');
    let letGo = (): void => undefined;
    const engine = new Promise<void>((resolve) => (letGo = resolve));
    let stopped = false;
    const stopping = execution.stop({ graceMs: 10_000, engine }).then(() => (stopped = true));
    expect((await begin('2')).outcomes).toEqual([{ outcome: 'not-claimed' }]);
    await finish('1');
    await timers.pass(5_000);
    expect([first.outcomes, stopped]).toEqual([[{ outcome: 'done' }], false]);
    letGo();
    await stopping;
    expect(store.states()).toBe('done open open');
    expect(timers.pending).toBe(0);
  });

  it('tells what is not done after the grace to stop, and gives it back with its attempt', async () => {
    const { store, timers, begin, stop } = workbench();
    store.add(1);
    const { outcomes } = await begin('1');
    const stopping = stop(3_000);
    await timers.pass(3_000);
    await stopping;
    expect(outcomes).toEqual([{ outcome: 'unsettled' }]);
    expect(store.row('1')).toMatchObject({ state: 'open', token: null, attempt: 0 });
  });

  it('gives back what a claim brings after it', async () => {
    const { store, execution, stop, running } = workbench();
    store.add(1);
    const run = execution.run('1');
    await stop(1_000);
    expect(await run).toEqual({ outcome: 'not-claimed' });
    expect(store.row('1')).toMatchObject({ state: 'open', token: null, attempt: 0 });
    expect(running.size).toBe(0);
  });
});
