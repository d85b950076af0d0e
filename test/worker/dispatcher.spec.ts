import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import {
  EnvelopeUnreadableError,
  RejectEventError,
  RetryLaterError,
  type WebhookSource,
} from '../../lib/core/index.js';
import {
  type HandlerContext,
  type HandlerOptions,
  type RegisteredHandler,
} from '../../lib/handlers/index.js';
import type { ClaimedRow } from '../../lib/inbox/index.js';
import { errorText } from '../../lib/worker/dispatch/error-text.js';
import { idempotencyKey } from '../../lib/worker/dispatch/idempotency-key.js';
import {
  Dispatcher,
  HandlerRunner,
  HandOver,
  OtherReplicas,
  retryDelay,
  keptSlot,
} from '../../lib/worker/index.js';
import { defaultRetryPolicy } from './default-retry.policy.js';
import { LogBook } from './log-book.js';
import { ManualTime, rest } from '../manual-time.js';
import { MemoryStore } from './memory.store.js';

type Body = (event: never, context: HandlerContext) => unknown;

const source: WebhookSource = {
  name: 'armalo',
  signatureHeader: 'x-signature',
  eventNames: [],
  verify: () => true,
  open: () => {
    throw new Error('A stored event is read, and not identified again.');
  },
  read: ({ body }) => {
    const text = body.toString();
    if (text === 'torn') throw new EnvelopeUnreadableError('no JSON');
    const problems = text === '{"bad":true}' ? ['data.amount must be a number'] : [];
    const payload = JSON.parse(text) as { before?: string[] };
    return { payload, problems, ...(payload.before && { supersededBy: payload.before }) };
  },
};

function workbench(transactions = 2) {
  const timers = new ManualTime();
  const store = new MemoryStore(timers);
  const logger = new LogBook();
  const handlers: RegisteredHandler[] = [];
  const others = new OtherReplicas(store, 'this one', timers);
  const handOver = new HandOver(others, timers, () => 0.5, logger);
  const dispatcher = new Dispatcher({
    store,
    runner: new HandlerRunner({
      store,
      leaseMs: 30_000,
      transactions,
      timers,
      loggerOf: () => logger,
    }),
    handlers: { handlersFor: () => handlers },
    sources: [source],
    handOver,
    retry: defaultRetryPolicy,
    timers,
    random: () => 0.5,
    clock: timers,
    logger,
  });
  store.add(1);
  const claim = async (): Promise<ClaimedRow> => {
    const [row] = await store.claim(1, 30_000);
    if (!row) throw new Error('nothing to claim');
    return row;
  };
  /** One attempt, from claim to settle. */
  const attempt = async (signal = new AbortController().signal) => {
    const settlement = await dispatcher.dispatch(await claim(), signal, keptSlot);
    if (settlement) await store.settle([settlement]);
    return settlement;
  };
  const after = async (ms: number) => {
    await timers.pass(ms);
    return attempt();
  };
  const handler = (
    name: string,
    body: Body,
    options: HandlerOptions = {},
    withDto?: RegisteredHandler['withDto'],
  ) => {
    const invoke = async (event: unknown, context: HandlerContext) => {
      await body(event as never, context);
    };
    const patterns = ['*'];
    handlers.push({
      name,
      source: 'armalo',
      patterns,
      options,
      invoke,
      ...(withDto && { withDto }),
    });
  };
  const forget = () => handlers.splice(0);
  return { timers, store, logger, dispatcher, handOver, claim, attempt, after, handler, forget };
}

describe('an event', () => {
  it('whose process died in every attempt that it may have is dead, and not run once more', async () => {
    const { handler, store, dispatcher } = workbench();
    const runs: number[] = [];
    handler('a', (_, { attempt }) => void runs.push(attempt));
    store.stall('1', defaultRetryPolicy.attempts);
    const rescue = { leaseMs: 30_000, maxStalledCount: 3, alone: true, held: new Set<string>() };
    const row = (await store.claimStalled(rescue)) as ClaimedRow;
    const { signal } = new AbortController();
    expect(await dispatcher.dispatch(row, signal, keptSlot)).toMatchObject({
      to: 'dead',
      reason: 'attempts-used-up',
    });
    expect(runs).toEqual([]);
  });

  it('is done when every handler has succeeded, each with an event object of its own', async () => {
    const { handler, attempt, store, logger } = workbench();
    store.row('1').body = Buffer.from('{"amount":1}');
    const seen: unknown[] = [];
    for (const name of ['a', 'b']) {
      handler(name, (event: { amount?: number }) => {
        seen.push({ ...event });
        delete event.amount;
      });
    }
    expect(await attempt()).toMatchObject({
      to: 'done',
      completedHandlers: ['a', 'b'],
      failures: [],
    });
    expect(seen).toEqual([{ amount: 1 }, { amount: 1 }]);
    expect(logger.lines).toHaveLength(1);
  });

  it('is tried again with the handlers that failed only, and one that fails stops no other', async () => {
    const { handler, attempt, after, store } = workbench();
    const ran: string[] = [];
    let broken = true;
    handler('first', () => ran.push('first'));
    handler('broken', () => {
      ran.push('broken');
      if (broken) throw new TypeError('no such agent');
    });
    handler('last', () => ran.push('last'));

    const first = await attempt();
    expect(first).toMatchObject({ to: 'retry', inMs: 5_000, completedHandlers: ['first', 'last'] });
    expect(first?.failures).toEqual([
      {
        handler: 'broken',
        error: expect.stringMatching(/^TypeError: no such agent\n\s+at /),
        duration: 0,
      },
    ]);
    broken = false;
    expect(await after(5_000)).toMatchObject({
      to: 'done',
      completedHandlers: ['first', 'last', 'broken'],
    });
    expect(ran).toEqual(['first', 'broken', 'last', 'broken']);
    expect(store.row('1').attempt).toBe(2);
  });

  it('has a handler marked at once when others come after it, so that a crash does not run it again', async () => {
    const { handler, attempt, store } = workbench();
    handler('mail', () => {});
    handler('crash', () => expect(store.row('1').completedHandlers).toEqual(['mail']));
    expect(await attempt()).toMatchObject({ to: 'done' });
    expect(store.calls.filter((call) => call === 'markCompleted')).toHaveLength(1);
  });

  it('ends dead at once when a handler rejects it, after the others had their turn', async () => {
    const { handler, attempt } = workbench();
    const ran: string[] = [];
    handler('judge', () => {
      throw new RejectEventError('for a deleted tenant');
    });
    handler('other', () => ran.push('other'));
    expect(await attempt()).toMatchObject({
      to: 'dead',
      reason: 'rejected',
      completedHandlers: ['other'],
      error: expect.stringMatching(/^judge: RejectEventError: for a deleted tenant/),
      handler: 'judge',
    });
    expect(ran).toEqual(['other']);
  });

  it('waits as long as a handler asks, told by code and not by class', async () => {
    const { handler, attempt } = workbench();
    handler('later', () => {
      throw Object.assign(new Error('of the other copy of the package'), {
        code: new RetryLaterError(1).code,
        delayMs: 90_000,
      });
    });
    expect(await attempt()).toMatchObject({ to: 'postponed', inMs: 90_000 });
  });

  it('that a handler puts off uses no attempt, for thirty days; then it does, and ends dead', async () => {
    const { handler, attempt, after, store, timers } = workbench();
    const { receivedAt } = Object.assign(store.row('1'), { receivedAt: timers.now() });
    const attempts: number[] = [];
    handler(
      'later',
      (_, context) => {
        attempts.push(context.attempt);
        throw new RetryLaterError(60_000, 'The report is not there yet.');
      },
      { retry: { attempts: 2 } },
    );
    await attempt();
    for (let n = 0; n < 3; n++) {
      expect(await after(60_000)).toMatchObject({ to: 'postponed', failures: [] });
    }
    expect(store.row('1').lastError).toMatch(/^later: RetryLaterError: The report is not there/);
    await timers.pass(receivedAt + 30 * 86_400_000 - timers.now());
    expect(await attempt()).toMatchObject({ to: 'retry', inMs: 60_000 });
    expect(await after(60_000)).toMatchObject({
      to: 'dead',
      reason: 'attempts-used-up',
      error: expect.stringContaining('RetryLaterError'),
      handler: 'later',
    });
    expect(attempts).toEqual([1, 1, 1, 1, 1, 2]);
  });

  it.each([
    [1e300, 30 * 86_400_000, /1e\+300 ms; from 1 second to 30 days/],
    [-5, 1_000, /from 1 second to 30 days/],
    [NaN, 5_000, /NaN ms, which is no time/],
    [2_000, 2_000, /in 2000 ms\.\n/],
  ])('that is put off by %d ms waits %d ms, and says why', async (asked, waits, error) => {
    const { handler, attempt } = workbench();
    handler('later', () => Promise.reject(new RetryLaterError(asked)));
    expect(await attempt()).toMatchObject({
      to: 'postponed',
      inMs: waits,
      error: expect.stringMatching(error),
    });
  });

  it('that one handler puts off goes on although another one has failed for the last time', async () => {
    const { handler, attempt, after } = workbench();
    const ran: string[] = [];
    let ready = false;
    handler('once', () => (ran.push('once'), Promise.reject(new Error('x'))), {
      retry: { attempts: 1 },
    });
    handler('later', () => {
      ran.push('later');
      if (!ready) throw new RetryLaterError(10_000);
    });
    expect(await attempt()).toMatchObject({ to: 'retry', inMs: 10_000 });
    expect(await after(10_000)).toMatchObject({ to: 'postponed', inMs: 10_000 });
    ready = true;
    expect(await after(10_000)).toMatchObject({
      to: 'dead',
      completedHandlers: ['later'],
      handler: 'once',
    });
    expect(ran).toEqual(['once', 'later', 'later', 'later']);
  });

  it('is dead when no failed handler may try again, and never before', async () => {
    const { handler, attempt, after } = workbench();
    const ran: string[] = [];
    const fail = (name: string) => () => {
      ran.push(name);
      throw new Error(name);
    };
    handler('once', fail('once'), { retry: { attempts: 1 } });
    handler('thrice', fail('thrice'), { retry: { attempts: 3, delay: 10, factor: 1 } });
    expect(await attempt()).toMatchObject({ to: 'retry', inMs: 10 });
    expect(await after(10)).toMatchObject({ to: 'retry', inMs: 10 });
    expect(await after(10)).toMatchObject({ to: 'dead', reason: 'attempts-used-up' });
    expect(ran).toEqual(['once', 'thrice', 'thrice', 'thrice']);
  });

  it('is dead, not done, when the last failed handler may not try again and the rest succeed', async () => {
    const { handler, attempt, after } = workbench();
    let broken = true;
    handler('once', () => Promise.reject(new Error('x')), { retry: { attempts: 1 } });
    handler('heals', () => (broken ? Promise.reject(new Error('y')) : undefined));
    await attempt();
    broken = false;
    expect(await after(5_000)).toMatchObject({
      to: 'dead',
      reason: 'attempts-used-up',
      completedHandlers: ['heals'],
      error: expect.stringContaining('once'),
    });
  });

  it('for which nobody cares is ignored', async () => {
    const { attempt } = workbench();
    expect(await attempt()).toMatchObject({ to: 'ignored', reason: 'no-handler' });
  });

  it('whose remaining handlers are gone since the last attempt is done', async () => {
    const { handler, attempt, after, forget } = workbench();
    handler('kept', () => {});
    handler('removed', () => Promise.reject(new Error('x')));
    await attempt();
    forget();
    expect(await after(5_000)).toMatchObject({ to: 'done', completedHandlers: ['kept'] });
  });

  it('of an unsound or unreadable payload is dead, with the problems and without the payload', async () => {
    for (const [body, error] of [
      ['{"bad":true}', 'data.amount must be a number'],
      ['torn', expect.stringContaining('EnvelopeUnreadableError')],
    ] as const) {
      const { attempt, store, handler } = workbench();
      handler('never', () => Promise.reject(new Error('was run')));
      store.row('1').body = Buffer.from(body);
      expect(await attempt()).toMatchObject({ to: 'dead', reason: 'invalid-payload', error });
    }
  });

  it('of a source that the options have left out since waits for its return', async () => {
    const { attempt, store } = workbench();
    store.row('1').source = 'elsewhere';
    expect(await attempt()).toMatchObject({
      to: 'retry',
      inMs: 5_000,
      error: expect.stringContaining('`elsewhere`'),
    });
  });
});

describe('a handler with a dto', () => {
  const made = (event: object) => Promise.resolve({ event: { ...event, made: true } });
  const problems = ['data.amount breaks isInt', 'data.condition.type breaks isString'];
  const misfit = () => Promise.resolve({ problems });

  it('gets what was made of an event of its own, and the others get the plain one', async () => {
    const { handler, attempt, store } = workbench();
    store.row('1').body = Buffer.from('{"amount":1}');
    const given: object[] = [];
    const seen: object[] = [];
    const own = (event: object) => (given.push(event), made(event));
    handler('typed', (event) => seen.push(event), {}, own);
    handler('plain', (event) => seen.push(event));
    handler('typed too', (event) => seen.push(event), {}, own);
    expect(await attempt()).toMatchObject({ to: 'done' });
    expect(seen).toEqual([{ amount: 1, made: true }, { amount: 1 }, { amount: 1, made: true }]);
    expect(new Set(given).size).toBe(2);
  });

  it('that the payload does not fit ends the event as dead at once; a replay runs what has not completed', async () => {
    const { handler, attempt, store, forget } = workbench();
    const ran: string[] = [];
    handler('before', () => ran.push('before'));
    handler('typed', () => ran.push('typed'), {}, misfit);
    handler('after', () => ran.push('after'));
    const error = problems.join('; ');
    expect(await attempt()).toMatchObject({
      to: 'dead',
      reason: 'invalid-payload',
      error: `typed: ${error}`,
      handler: 'typed',
      completedHandlers: ['before'],
      failures: [{ handler: 'typed', error, duration: 0 }],
    });
    expect(ran).toEqual(['before']);

    forget();
    for (const name of ['before', 'typed', 'after']) handler(name, () => ran.push(name), {}, made);
    Object.assign(store.row('1'), { state: 'open', attempt: 0 });
    expect(await attempt()).toMatchObject({ to: 'done' });
    expect(ran).toEqual(['before', 'typed', 'after']);
  });

  it('that the payload does not fit outweighs a failure before it, which is kept', async () => {
    const { handler, attempt } = workbench();
    handler('failing', () => Promise.reject(new Error('down')));
    handler('typed', () => undefined, {}, misfit);
    expect(await attempt()).toMatchObject({
      to: 'dead',
      reason: 'invalid-payload',
      failures: [{ handler: 'failing' }, { handler: 'typed' }],
    });
  });

  it('is tried again when a rule throws, and waits as long as one asks', async () => {
    const down = workbench();
    down.handler(
      'typed',
      () => undefined,
      {},
      () => Promise.reject(new Error('no registry')),
    );
    expect(await down.attempt()).toMatchObject({
      to: 'retry',
      failures: [{ handler: 'typed', error: expect.stringContaining('no registry') }],
    });
    const later = workbench();
    later.handler(
      'typed',
      () => undefined,
      {},
      () => Promise.reject(new RetryLaterError(9_000)),
    );
    expect(await later.attempt()).toMatchObject({ to: 'postponed', inMs: 9_000 });
  });

  it('whose rules never end fails at its timeout, and is left alone when its lease is lost', async () => {
    const slow = workbench();
    const ran: string[] = [];
    slow.handler(
      'typed',
      () => ran.push('typed'),
      { timeout: 500 },
      () => new Promise(() => {}),
    );
    const attempted = slow.attempt();
    await slow.timers.pass(500);
    expect(await attempted).toMatchObject({
      to: 'retry',
      failures: [
        { duration: 500, error: expect.stringMatching(/rules of the `dto` of typed did/) },
      ],
    });

    const lost = workbench();
    const row = new AbortController();
    lost.handler(
      'typed',
      () => ran.push('typed'),
      {},
      () => new Promise(() => {}),
    );
    const stopped = lost.attempt(row.signal);
    await rest();
    row.abort(new Error('lease lost'));
    expect(await stopped).toBeUndefined();
    expect(ran).toEqual([]);
  });

  it('has its rules asked before its transaction begins', async () => {
    const { handler, attempt, store } = workbench();
    const begun = () => store.calls.includes('begin');
    const order: boolean[] = [];
    handler(
      'typed',
      () => order.push(begun()),
      { transactional: true },
      (event) => {
        order.push(begun());
        return made(event);
      },
    );
    expect(await attempt()).toMatchObject({ to: 'done' });
    expect(order).toEqual([false, true]);
  });
});

describe('an idempotency key', () => {
  const key = (account: string, eventId: string, handler: string) =>
    idempotencyKey({ source: 'armox', account, eventId }, handler);

  it('is plain where nothing in it is ambiguous', () => {
    expect(key('', 'job_1:completed', 'Mail.send')).toBe('armox::job_1:completed:Mail.send');
    expect(key('acme', 'job_1:completed', 'Mail.send')).toBe(
      'armox:acme:job_1:completed:Mail.send',
    );
  });

  it('is never that of another account, event or handler', () => {
    const part = fc.string({ unit: fc.constantFrom(':', '%', 'a', '3', 'A'), maxLength: 5 });
    const triple = fc.tuple(part, part, part);
    fc.assert(
      fc.property(triple, triple, (one, other) => {
        expect(key(...one) === key(...other)).toBe(one.join('\n') === other.join('\n'));
      }),
      {
        examples: [
          [
            ['a:a', 'a', 'a'],
            ['a', 'a:a', 'a'],
          ],
          [
            ['a', 'a:a', 'a'],
            ['a', 'a', 'a:a'],
          ],
        ],
      },
    );
  });
});

describe('a handler', () => {
  it('gets the identity of the event, and a key that is the same in every attempt', async () => {
    const { handler, attempt, after } = workbench();
    const contexts: HandlerContext[] = [];
    handler('Mail.send', (_, context) => {
      contexts.push(context);
      if (contexts.length === 1) throw new Error('again');
    });
    await attempt();
    await after(5_000);
    expect(contexts).toMatchObject(
      [1, 2].map((n) => ({
        eventId: 'event-1',
        source: 'armalo',
        name: 'escrow.created',
        origin: 'webhook',
        attempt: n,
        idempotencyKey: 'armalo::event-1:Mail.send',
      })),
    );
    expect(() => contexts[0]?.manager).toThrow(/Mail\.send.*transactional: true/);
  });

  it('that never ends fails at its timeout, its signal aborts, and its late end counts for nothing', async () => {
    const { handler, attempt, timers } = workbench();
    let end = () => {};
    let signal: AbortSignal | undefined;
    handler(
      'stuck',
      (_, context) => {
        signal = context.signal;
        return new Promise<void>((resolve) => (end = resolve));
      },
      { timeout: 500 },
    );
    const attempted = attempt();
    await timers.pass(500);
    const settlement = await attempted;
    expect(settlement).toMatchObject({ to: 'retry', completedHandlers: [] });
    expect(settlement?.failures[0]).toMatchObject({
      duration: 500,
      error: expect.stringContaining('EventHandlerTimeoutError'),
    });
    expect(signal?.aborted).toBe(true);
    end();
    await rest();
    expect(settlement?.completedHandlers).toEqual([]);
  });

  it('whose lease is lost, or whose application stops, is told so, and nothing is settled', async () => {
    const { handler, attempt, store } = workbench();
    const row = new AbortController();
    handler('long', () => new Promise(() => {}));
    handler('next', () => Promise.reject(new Error('was run')));
    const attempted = attempt(row.signal);
    await rest();
    row.abort(new Error('lost'));
    expect(await attempted).toBeUndefined();
    expect(store.settledGroups).toEqual([]);
  });

  it('whose mark is refused was not ours to run any more: nothing is settled', async () => {
    const { handler, attempt, store } = workbench();
    const ran: string[] = [];
    handler('first', () => {
      store.row('1').token = 'another worker';
    });
    handler('second', () => ran.push('second'));
    expect(await attempt()).toBeUndefined();
    expect(ran).toEqual([]);
  });
});

describe('a transactional handler', () => {
  const write = (context: HandlerContext, text: string) =>
    (context.manager as EntityManager & { write(text: string): void }).write(text);

  it('writes and is marked in one commit, and a mark that is there already counts as success', async () => {
    const { handler, attempt, store, claim, dispatcher } = workbench();
    handler('tx', (_, context) => write(context, 'effect'), { transactional: true });
    expect(await attempt()).toMatchObject({ to: 'done', completedHandlers: ['tx'] });
    expect(store.written).toEqual(['effect']);
    expect(store.calls).not.toContain('markCompleted');

    // The answer to the COMMIT was lost, so the claim did not know of the mark.
    Object.assign(store.row('1'), { state: 'open', completedHandlers: [] });
    const row = await claim();
    store.row('1').completedHandlers = ['tx'];
    const settlement = await dispatcher.dispatch(row, new AbortController().signal, keptSlot);
    expect(settlement).toMatchObject({ to: 'done', completedHandlers: ['tx'] });
    expect(store.written).toEqual(['effect']);
  });

  it('ends its event in its own commit, where it is the last and the others have succeeded', async () => {
    const { handler, store, claim, dispatcher } = workbench();
    handler('plain', () => undefined);
    handler('tx', (_, context) => write(context, 'effect'), { transactional: true });
    const settlement = await dispatcher.dispatch(
      await claim(),
      new AbortController().signal,
      keptSlot,
    );
    expect(settlement).toMatchObject({ to: 'done', written: true });
    expect(store.row('1')).toMatchObject({
      state: 'done',
      token: null,
      completedHandlers: ['plain', 'tx'],
    });
  });

  it.each([
    ['another follows', ['tx', 'plain']],
    ['one before it has failed', ['failing', 'tx']],
    ['one before it was skipped as stale', ['skipped', 'tx']],
  ])('leaves the end to the settle where %s', async (_, names) => {
    const { handler, store, claim, dispatcher } = workbench();
    const bodies: Record<string, () => void> = {
      failing: () => handler('failing', () => Promise.reject(new Error('x'))),
      plain: () => handler('plain', () => undefined),
      skipped: () => handler('skipped', () => undefined, { stale: 'skip' }),
      tx: () => handler('tx', (__, context) => write(context, 'effect'), { transactional: true }),
    };
    Object.assign(store.row('1'), { orderKey: 'k', occurredAt: 1 });
    store.newerApplied = async (_id, name) => (name === 'skipped' ? '9' : undefined);
    for (const name of names) bodies[name]?.();
    const settlement = await dispatcher.dispatch(
      await claim(),
      new AbortController().signal,
      keptSlot,
    );
    expect(settlement).not.toHaveProperty('written');
    expect(store.row('1')).toMatchObject({ state: 'open', token: expect.any(String) as unknown });
    expect(store.written).toEqual(['effect']);
  });

  it('leaves the event open where another replica has a handler for it', async () => {
    const { handler, store, claim, dispatcher } = workbench();
    store.otherReplicas = async () => [
      { id: 'new', handlers: [{ source: 'armalo', name: 'more', patterns: ['*'] }] },
    ];
    handler('tx', (_, context) => write(context, 'effect'), { transactional: true });
    const settlement = await dispatcher.dispatch(
      await claim(),
      new AbortController().signal,
      keptSlot,
    );
    expect(settlement).toMatchObject({ to: 'postponed', completedHandlers: ['tx'] });
    expect(store.row('1')).toMatchObject({ state: 'open', completedHandlers: ['tx'] });
  });

  it('is rolled back before its failure or timeout is settled', async () => {
    const { handler, attempt, store, timers } = workbench();
    const options = { transactional: true, timeout: 1_000 };
    handler('stuck', (_, context) => (write(context, 'half'), new Promise(() => {})), options);
    const attempted = attempt();
    await timers.pass(1_000);
    expect(await attempted).toMatchObject({ to: 'retry' });
    expect(store.written).toEqual([]);
    expect(store.calls.slice(-3)).toEqual(['begin', 'rollback', 'settle']);
  });

  it('whose rollback never ends gives its slot up, and nothing is settled', async () => {
    const { handler, attempt, store, timers } = workbench();
    handler('stuck', () => Promise.reject(new Error('x')), { transactional: true });
    store.runTransactional = async (_lease, _handler, _ms, work) => {
      await work({} as EntityManager).catch(() => undefined);
      return new Promise(() => {});
    };
    const attempted = attempt();
    await timers.pass(60_000);
    expect(await attempted).toBeUndefined();
  });

  it('whose lease was lost before it began stops everything', async () => {
    const { handler, attempt, store } = workbench();
    const ran: string[] = [];
    store.runTransactional = async () => 'lease-lost';
    handler('tx', () => ran.push('tx'), { transactional: true });
    handler('next', () => ran.push('next'));
    expect(await attempt()).toBeUndefined();
    expect(ran).toEqual([]);
  });

  it('shares the permitted connections with the others, and waits its turn without using its timeout', async () => {
    const { handler, store, timers, dispatcher, claim } = workbench(1);
    store.add(2);
    const ends: (() => void)[] = [];
    handler('tx', () => new Promise<void>((resolve) => ends.push(resolve)), {
      transactional: true,
      timeout: 1_000,
    });
    const waiting = new AbortController();
    const never = new AbortController().signal;
    const first = dispatcher.dispatch(await claim(), never, keptSlot);
    await timers.pass(0);
    const second = dispatcher.dispatch(await claim(), waiting.signal, keptSlot);
    await timers.pass(0);
    const third = dispatcher.dispatch(await claim(), never, keptSlot);
    await timers.pass(900);
    expect(ends).toHaveLength(1);
    waiting.abort(new Error('lost'));
    expect(await second).toBeUndefined();
    ends[0]?.();
    expect(await first).toMatchObject({ to: 'done' });
    await timers.pass(900);
    ends[1]?.();
    expect(await third).toMatchObject({ to: 'done' });
  });
});

describe('the retry policy', () => {
  const policy = defaultRetryPolicy;

  it('spreads the default twenty attempts over about seventy hours', () => {
    const waits = Array.from({ length: policy.attempts - 1 }, (_, n) =>
      retryDelay(policy, n + 1, () => 0.5),
    );
    expect(waits.slice(0, 4)).toEqual([5_000, 15_000, 45_000, 135_000]);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000).toBeCloseTo(70.6, 1);
  });

  it('never waits outside the jitter around the capped wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 100_000 }),
        (attempt, random, jitter, delay) => {
          const wait = retryDelay({ ...policy, jitter, delay }, attempt, () => random);
          const middle = Math.min(policy.maxDelay, delay * 3 ** (attempt - 1));
          const capped = delay === 0 ? 0 : middle;
          expect(wait).toBeGreaterThanOrEqual(Math.floor(capped * (1 - jitter)));
          expect(wait).toBeLessThanOrEqual(Math.ceil(capped * (1 + jitter)));
        },
      ),
    );
  });
});

describe('an event that another one supersedes', () => {
  const before = (id: string) => Buffer.from(JSON.stringify({ before: [id] }));

  it('runs no handler once the other is stored, without any option', async () => {
    const { handler, attempt, store } = workbench();
    store.row('1').body = before('event-2');
    store.add(1);
    handler('follow', () => Promise.reject(new Error('it ran')));
    expect(await attempt()).toMatchObject({
      to: 'ignored',
      reason: 'stale',
      failures: [{ handler: 'follow', error: expect.stringMatching(/^Skipped: .*#2/) as unknown }],
    });
  });

  it('runs its handlers while the other is not stored', async () => {
    const { handler, attempt, store } = workbench();
    store.row('1').body = before('event-2');
    const ran: string[] = [];
    handler('follow', () => ran.push('follow'));
    expect(await attempt()).toMatchObject({ to: 'done' });
    expect(ran).toEqual(['follow']);
  });

  it('is looked at again at once when it fails and the other has come meanwhile', async () => {
    const { handler, attempt, store } = workbench();
    store.row('1').body = before('event-2');
    const ran: string[] = [];
    handler('first', () => ran.push('first'));
    handler('follow', () => {
      store.add(1, { dueAt: Infinity });
      throw new RetryLaterError(3_600_000);
    });
    expect(await attempt()).toMatchObject({
      to: 'postponed',
      supersededBy: { source: 'armalo', account: '', eventIds: ['event-2'] },
    });
    expect(await attempt()).toMatchObject({ to: 'done', completedHandlers: ['first', 'follow'] });
    expect(ran).toEqual(['first']);
  });

  it('is tried again when the store cannot tell', async () => {
    const { handler, attempt, after, store } = workbench();
    store.row('1').body = before('event-2');
    store.failing.set('firstStored', new Error('connection lost'));
    handler('follow', () => undefined);
    expect(await attempt()).toMatchObject({ to: 'retry', error: expect.stringContaining('lost') });
    store.failing.clear();
    expect(await after(5_000)).toMatchObject({ to: 'done' });
  });
});

describe('a handler that skips stale events', () => {
  const stale: HandlerOptions = { stale: 'skip' };
  const aged = (bench: ReturnType<typeof workbench>, occurredAt: number | null, key = 'agent') => {
    Object.assign(bench.store.row('1'), { orderKey: key, occurredAt });
    // A newer event of the key, which `follow` has applied, and `count` has not.
    bench.store.add(1, { orderKey: 'agent', occurredAt: 2_000 });
    Object.assign(bench.store.row('2'), { state: 'done', completedHandlers: ['follow'] });
  };

  it('does not run for an event older than one that it has applied; nothing else ran, so it is ignored', async () => {
    const bench = workbench();
    aged(bench, 1_999);
    bench.handler('follow', () => Promise.reject(new Error('it ran')), {
      ...stale,
      transactional: true,
    });
    const settlement = await bench.attempt();
    expect(settlement).toMatchObject({ to: 'ignored', reason: 'stale', completedHandlers: [] });
    expect(settlement?.failures).toEqual([
      { handler: 'follow', error: expect.stringMatching(/^Skipped: .*#2 /), duration: 0 },
    ]);
    expect(bench.logger.lines.join()).toMatch(/follow skipped/);
    expect(bench.store.calls).not.toContain('begin');
  });

  it('is marked and told of where another handler ran, and is not asked again by a retry', async () => {
    const bench = workbench();
    aged(bench, 1_999);
    let down = true;
    const ran: string[] = [];
    bench.handler('follow', () => ran.push('follow'), stale);
    bench.handler('count', () => {
      ran.push('count');
      if (down) throw new Error('down');
    });
    expect(await bench.attempt()).toMatchObject({
      to: 'retry',
      completedHandlers: ['follow'],
      failures: [{ handler: 'follow' }, { handler: 'count' }],
    });
    down = false;
    expect(await bench.after(5_000)).toMatchObject({ to: 'done', failures: [] });
    expect(ran).toEqual(['count', 'count']);
    expect(bench.store.calls.filter((call) => call === 'newerApplied')).toHaveLength(1);
  });

  it.each([
    ['as old as the newest applied', 2_000, 'agent'],
    ['newer', 2_001, 'agent'],
    ['without a time of the sender', null, 'agent'],
    ['of another key', 1, 'other'],
  ])('runs for an event %s', async (_, occurredAt, key) => {
    const bench = workbench();
    aged(bench, occurredAt, key);
    bench.handler('follow', () => undefined, stale);
    expect(await bench.attempt()).toMatchObject({ to: 'done', completedHandlers: ['follow'] });
  });

  it('leaves an event done that another handler has handled in an earlier attempt', async () => {
    const bench = workbench();
    aged(bench, 1_999);
    bench.store.row('1').completedHandlers = ['count'];
    bench.handler('count', () => Promise.reject(new Error('it ran')));
    bench.handler('follow', () => Promise.reject(new Error('it ran')), stale);
    expect(await bench.attempt()).toMatchObject({
      to: 'done',
      completedHandlers: ['count', 'follow'],
    });
  });

  it('runs for an event whose newer one this handler has not applied', async () => {
    const bench = workbench();
    aged(bench, 1);
    bench.handler('count', () => undefined, stale);
    expect(await bench.attempt()).toMatchObject({ to: 'done', completedHandlers: ['count'] });
  });

  it('does not run, and is tried again, when the database cannot tell', async () => {
    const bench = workbench();
    aged(bench, 1);
    bench.store.failing.set('newerApplied', new Error('connection lost'));
    bench.handler('follow', () => Promise.reject(new Error('it ran')), stale);
    expect(await bench.attempt()).toMatchObject({ to: 'retry', completedHandlers: [] });
    bench.store.failing.clear();
    expect(await bench.after(5_000)).toMatchObject({ to: 'ignored', reason: 'stale' });
  });
});

describe('an event for which another replica has handlers', () => {
  const other = (bench: ReturnType<typeof workbench>, name: string, patterns = ['*']) => {
    bench.store.replicas = [{ id: 'other', handlers: [{ name, source: 'armalo', patterns }] }];
  };

  it('is left to it with the marks of what was done here, and the attempt does not count', async () => {
    const bench = workbench();
    const ran: string[] = [];
    bench.handler('ours', () => ran.push('ours'));
    other(bench, 'theirs', ['escrow.*']);
    expect(await bench.attempt()).toMatchObject({
      to: 'postponed',
      inMs: 1_000,
      completedHandlers: ['ours'],
      failures: [],
    });
    expect(bench.store.row('1')).toMatchObject({
      state: 'open',
      attempt: 0,
      completedHandlers: ['ours'],
    });

    // The others look for it first.
    expect(bench.handOver.lookIn(1_000)).toBe(1_500);
    expect(bench.handOver.lookIn(undefined)).toBeUndefined();

    bench.store.row('1').completedHandlers.push('theirs');
    expect(await bench.after(1_000)).toMatchObject({
      to: 'done',
      completedHandlers: ['ours', 'theirs'],
    });
    expect(ran).toEqual(['ours']);
  });

  it('is final when none of those handlers is for it, or it has passed them all', async () => {
    const bench = workbench();
    other(bench, 'theirs', ['escrow.funded']);
    expect(await bench.attempt()).toMatchObject({ to: 'ignored', reason: 'no-handler' });

    const shared = workbench();
    shared.handler('shared', () => undefined);
    other(shared, 'shared');
    expect(await shared.attempt()).toMatchObject({ to: 'done' });
  });

  it('is not ignored on what was read before it came', async () => {
    const bench = workbench();
    bench.store.add(1);
    expect(await bench.attempt()).toMatchObject({ to: 'ignored' });
    other(bench, 'theirs');
    expect(await bench.attempt()).toMatchObject({ to: 'postponed' });
  });

  it('costs one read a second, and none where nothing becomes final', async () => {
    const bench = workbench();
    bench.store.add(4);
    let broken = true;
    bench.handler('ours', () => (broken ? Promise.reject(new Error('x')) : undefined));
    const reads = () => bench.store.calls.filter((call) => call === 'otherReplicas').length;
    await bench.attempt();
    expect(reads()).toBe(0);
    broken = false;
    for (let n = 0; n < 3; n++) expect(await bench.attempt()).toMatchObject({ to: 'done' });
    expect(reads()).toBe(1);
    expect(await bench.after(1_000)).toMatchObject({ to: 'done' });
    expect(reads()).toBe(2);
  });

  it('waits, without being run again, where the replicas cannot be read', async () => {
    const bench = workbench();
    let ran = 0;
    bench.handler('ours', () => ran++);
    bench.store.failing.set('otherReplicas', new Error('connection lost'));
    expect(await bench.attempt()).toMatchObject({ to: 'postponed', completedHandlers: ['ours'] });
    expect(bench.logger.of('warn')).toEqual([expect.stringContaining('connection lost')]);
    bench.store.failing.clear();
    expect(await bench.after(2_000)).toMatchObject({ to: 'done' });
    expect(ran).toBe(1);
  });

  it('is left to it where this process does not even have its source', async () => {
    const bench = workbench();
    bench.store.row('1').source = 'elsewhere';
    bench.store.replicas = [
      { id: 'other', handlers: [{ name: 'theirs', source: 'elsewhere', patterns: ['*'] }] },
    ];
    expect(await bench.attempt()).toMatchObject({ to: 'postponed' });
    expect(bench.store.row('1').attempt).toBe(0);
  });

  it('has passed a handler that skipped it as stale, and is not passed round for ever', async () => {
    const bench = workbench();
    Object.assign(bench.store.row('1'), { orderKey: 'agent', occurredAt: 1 });
    bench.store.add(1, { orderKey: 'agent', occurredAt: 2 });
    Object.assign(bench.store.row('2'), { state: 'done', completedHandlers: ['ours'] });
    bench.handler('ours', () => Promise.reject(new Error('it ran')), { stale: 'skip' });
    other(bench, 'theirs');
    expect(await bench.attempt()).toMatchObject({
      to: 'postponed',
      completedHandlers: ['ours'],
      failures: [{ handler: 'ours', error: expect.stringMatching(/^Skipped/) }],
    });
  });
});

describe('what is kept of an error', () => {
  it('is its class, message, first frames and causes, within bounds', () => {
    const cause = new RangeError('root');
    const text = errorText(new TypeError('x'.repeat(5_000), { cause }));
    expect(text).toMatch(/^TypeError: x+…\n\s+at /);
    expect(text).toMatch(/caused by RangeError: root/);
    expect(text.length).toBeLessThanOrEqual(4_000);
  });

  it('has the first frame and those of the application, where packages are deep between them', () => {
    const error = new Error('x');
    const deep = Array.from(
      { length: 8 },
      (_, n) => `    at Pool.q${n} (/app/node_modules/pg/p.js:1:1)`,
    );
    error.stack = [
      'Error: x',
      ...deep,
      '    at new Promise (<anonymous>)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      '    at async Books.enter (/app/dist/books.js:12:7)',
      '    at async file:///app/dist/jobs.js:3:1',
    ].join('\n');
    expect(errorText(error).split('\n')).toEqual([
      'Error: x',
      deep[0],
      '    at async Books.enter (/app/dist/books.js:12:7)',
      '    at async file:///app/dist/jobs.js:3:1',
    ]);
  });

  it('is a thrown text, on one line and not all of a long one', () => {
    expect(errorText('no such\n\u0007agent')).toBe('A thrown text: no such agent');
    expect(errorText('x'.repeat(1_000))).toBe(`A thrown text: ${'x'.repeat(297)}…`);
  });

  it('never is what was thrown when that is no error, nor fails on one that fights back', () => {
    expect(errorText({ secret: 'payload' })).not.toContain('payload');
    expect(errorText(undefined)).toMatch(/undefined/);
    const circular = new Error('round');
    circular.cause = circular;
    expect(errorText(circular)).toMatch(/^Error: round/);
    const trap = new Error('x');
    Object.defineProperty(trap, 'message', {
      get() {
        throw new Error('trap');
      },
    });
    expect(errorText(trap)).toBe('An error that could not be read.');
  });
});
