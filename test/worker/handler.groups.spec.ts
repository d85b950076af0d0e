import { describe, expect, it } from '@jest/globals';
import { Aborter, Semaphore } from '../../lib/core/index.js';
import type { HandlerTurn } from '../../lib/database/index.js';
import type { RegisteredHandler } from '../../lib/handlers/index.js';
import type { ClaimedRow, TransactionalOutcome, TransactionalPart } from '../../lib/inbox/index.js';
import { ConnectionWait } from '../../lib/worker/dispatch/connection.wait.js';
import { HandlerGroups } from '../../lib/worker/dispatch/handler.groups.js';
import { ManualTime, rest } from '../manual-time.js';
import { LogBook } from './log-book.js';

interface Group {
  readonly size: number;
  /** Whether the next one begins, now that it has only its commit left. */
  ending(): boolean | undefined;
  commit(): void;
  fail(): void;
}

/** Groups whose transactions end when the test says so. */
function workbench(permits = 8) {
  const timers = new ManualTime();
  const groups: Group[] = [];
  const runTogether = (
    _handler: string,
    _ms: number,
    parts: readonly TransactionalPart[],
    turn?: HandlerTurn,
  ) =>
    new Promise<readonly TransactionalOutcome[]>((resolve, reject) => {
      groups.push({
        size: parts.length,
        ending: () => turn?.ending?.(),
        commit: () => resolve(parts.map(() => 'ended')),
        fail: () => reject(new Error('deadlock')),
      });
    });
  const handler: RegisteredHandler = {
    name: 'A.b',
    source: 'armalo',
    patterns: ['*'],
    options: { transactional: 'grouped' },
    invoke: () => Promise.resolve(),
  };
  const together = new HandlerGroups({
    store: { runTogether },
    leaseMs: 30_000,
    transactions: new Semaphore(permits),
    connections: new ConnectionWait(timers),
    timers,
  });
  const run = (id: number, signal = new Aborter()) => {
    const row = { id: String(id), token: '1' } as ClaimedRow;
    const call = { handler, row, payload: {}, signal, timers, logger: new LogBook() };
    return together.run(call, () => undefined);
  };
  const many = (count: number) => Array.from({ length: count }, (_, id) => run(id));
  return { timers, groups, run, many };
}

describe('groups of a handler', () => {
  it('hold a hundred events at most, and four are under way at once', async () => {
    const { groups, many } = workbench();
    void many(550);
    await rest();
    expect(groups.map(({ size }) => size)).toEqual([100, 100, 100, 100]);
    groups[0]?.commit();
    await rest();
    expect(groups.map(({ size }) => size)).toEqual([100, 100, 100, 100, 100]);
  });

  it('take no more transactions than there are', async () => {
    const { groups, many } = workbench(2);
    void many(500);
    await rest();
    expect(groups).toHaveLength(2);
  });

  it('give their transaction to the next one when they have only their commit left', async () => {
    const { groups, many } = workbench(1);
    void many(150);
    await rest();
    expect(groups[0]?.ending()).toBe(true);
    await rest();
    expect(groups.map(({ size }) => size)).toEqual([100, 50]);
    expect(groups[1]?.ending()).toBe(false);
  });

  it('run one after the other for ten seconds, once one was rolled back, whose events go alone', async () => {
    const { groups, many, timers } = workbench();
    const outcomes = Promise.all(many(100));
    await rest();
    groups[0]?.fail();
    expect(new Set(await outcomes)).toEqual(new Set(['alone']));
    void many(300);
    await rest();
    expect(groups).toHaveLength(2);
    await timers.pass(10_000);
    groups[1]?.commit();
    await rest();
    expect(groups).toHaveLength(4);
  });

  it('of one event fail with its own error', async () => {
    const { groups, run } = workbench();
    const outcome = run(1);
    await rest();
    groups[0]?.fail();
    await expect(outcome).rejects.toThrow('deadlock');
  });

  it('are left by an event that waits for one when its lease is lost', async () => {
    const { groups, many, run } = workbench(1);
    void many(100);
    await rest();
    const signal = new Aborter();
    const left = run(100, signal);
    signal.abort(new Error('lost'));
    await expect(left).rejects.toThrow('lost');
    groups[0]?.commit();
    await rest();
    expect(groups).toHaveLength(1);
  });
});
