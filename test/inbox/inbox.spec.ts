import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import { InboxUnavailableError, type SourceEvent } from '../../lib/core/index.js';
import { AcceptQueue, ACCEPT_LIMITS } from '../../lib/inbox/accept.queue.js';
import type { IntakeStore } from '../../lib/inbox/intake.store.js';
import { LostConnectionError } from '../../lib/database/index.js';
import { Inbox, type InsertResult, type NewInboxRow } from '../../lib/inbox/index.js';

interface Call {
  readonly rows: readonly NewInboxRow[];
  commit(): void;
  fail(error: Error): void;
}

const INGEST_TIMEOUT = 5_000;

const storeOf = (insert: IntakeStore['insert'], ingestTimeout = INGEST_TIMEOUT): IntakeStore => ({
  insert,
  ingestTimeout,
  joins: () => false,
});

/** A store whose inserts the test commits by hand. */
function handStore(ingestTimeout = INGEST_TIMEOUT) {
  const calls: Call[] = [];
  const arrivals: (() => void)[] = [];
  const insert = (rows: readonly NewInboxRow[]) =>
    new Promise<readonly InsertResult[]>((resolve, reject) => {
      calls.push({
        rows,
        commit: () =>
          resolve(rows.map(({ eventId }) => ({ id: `row of ${eventId}`, outcome: 'stored' }))),
        fail: reject,
      });
      arrivals.splice(0).forEach((arrived) => arrived());
    });
  const store = storeOf(insert, ingestTimeout);
  const call = async (index: number): Promise<Call> => {
    while (calls.length <= index) await new Promise<void>((resolve) => arrivals.push(resolve));
    return calls[index] as Call;
  };
  return { store, calls, call };
}

const sourceEvent = (id: string, changed: Partial<SourceEvent> = {}): SourceEvent => ({
  source: 'armalo',
  account: '',
  id,
  name: 'pact.violated',
  body: Buffer.from(id),
  payload: {},
  problems: [],
  ...changed,
});

const row = (eventId: string, bytes = 1): NewInboxRow => ({
  source: 'armalo',
  account: '',
  eventId,
  name: 'x',
  occurredAt: null,
  orderKey: null,
  origin: 'webhook',
  body: Buffer.alloc(bytes),
  invalid: null,
});

const broken = () => new LostConnectionError('lost');

const ids = (call: Call) => call.rows.map(({ eventId }) => eventId);

describe('Inbox.accept', () => {
  it('hands the event on as a row, and answers with its id after the commit', async () => {
    const { store, call } = handStore();
    const inbox = new Inbox(store);
    const accepted = inbox.accept(
      sourceEvent('e1', {
        problems: ['a is missing', 'b is no number'],
        orderKey: 'k',
        occurredAt: 5,
      }),
      'poll',
    );
    const insert = await call(0);
    expect(insert.rows).toEqual([
      {
        source: 'armalo',
        account: '',
        eventId: 'e1',
        name: 'pact.violated',
        occurredAt: 5,
        orderKey: 'k',
        origin: 'poll',
        body: Buffer.from('e1'),
        invalid: 'a is missing\nb is no number',
        event: expect.objectContaining({ id: 'e1' }) as unknown,
      },
    ]);
    insert.commit();
    expect(await accepted).toEqual({ id: 'row of e1', outcome: 'stored', eventId: 'e1' });
  });

  it('sends what arrives during an INSERT with the next one, and answers each after its own commit', async () => {
    const { store, calls, call } = handStore();
    const inbox = new Inbox(store);
    const done: string[] = [];
    const accept = (id: string) =>
      inbox.accept(sourceEvent(id), 'webhook').then(() => done.push(id));
    const first = accept('a');
    const one = await call(0);
    const others = [accept('b'), accept('c'), accept('d')];
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toHaveLength(1);
    one.commit();
    await first;
    const two = await call(1);
    expect([ids(one), ids(two), done]).toEqual([['a'], ['b', 'c', 'd'], ['a']]);
    two.commit();
    await Promise.all(others);
    expect(done).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells the listeners once of a batch what is stored, outside of the context of the request', async () => {
    const request = new AsyncLocalStorage<string>();
    const { store, call } = handStore();
    const inbox = new Inbox(store);
    const seen: unknown[] = [];
    const woken = new Promise<void>((resolve) => {
      inbox.onStored((stored) => {
        seen.push(request.getStore(), stored);
        resolve();
      });
    });
    const stop = inbox.onStored(() => seen.push('stopped'));
    stop();
    const accepted = request.run('request', () =>
      Promise.all(['a', 'b'].map((id) => inbox.accept(sourceEvent(id), 'webhook'))),
    );
    (await call(0)).commit();
    await accepted;
    await woken;
    const refs = ['a', 'b'].map((id) => ({
      id: `row of ${id}`,
      source: 'armalo',
      name: 'pact.violated',
    }));
    expect(seen).toEqual([undefined, refs]);
  });

  it('tells of no duplicate, and the others when a listener throws', async () => {
    const insert = async (rows: readonly NewInboxRow[]) =>
      rows.map(({ eventId }): InsertResult => ({
        id: eventId,
        outcome: eventId === 'known' ? 'duplicate' : 'stored',
      }));
    const inbox = new Inbox(storeOf(insert));
    const told: string[] = [];
    inbox.onStored(() => {
      throw new Error('a bug of the listener');
    });
    inbox.onStored((stored) => told.push(stored.map(({ id }) => id).join()));
    await inbox.accept(sourceEvent('known'), 'webhook');
    await new Promise(setImmediate);
    await Promise.all(['a', 'known', 'b'].map((id) => inbox.accept(sourceEvent(id), 'webhook')));
    await new Promise(setImmediate);
    expect(told).toEqual(['a,b']);
  });

  it('goes by itself when the caller is in a transaction that the insert becomes part of', async () => {
    const { store, calls, call } = handStore();
    const inbox = new Inbox({ ...store, joins: () => calls.length > 0 });
    const outside = inbox.accept(sourceEvent('outside'), 'webhook');
    const first = await call(0);
    const inside = inbox.accept(sourceEvent('inside'), 'webhook');
    (await call(1)).commit();
    expect((await inside).eventId).toBe('inside');
    first.commit();
    await outside;
  });
});

describe('the queue of events to accept', () => {
  it('keeps the neighbours of a row that the database refuses', async () => {
    const refusal = Object.assign(new Error('value too long'), { code: '22001' });
    const insert = jest.fn(async (rows: readonly NewInboxRow[]) => {
      if (rows.some(({ eventId }) => eventId === 'poison')) throw refusal;
      return rows.map(({ eventId }): InsertResult => ({ id: eventId, outcome: 'stored' }));
    });
    const queue = new AcceptQueue(storeOf(insert), () => undefined);
    const results = await Promise.allSettled(
      ['a', 'poison', 'b'].map((eventId) => queue.add(row(eventId))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const reason: unknown = (results[1] as PromiseRejectedResult).reason;
    expect(reason).toBeInstanceOf(InboxUnavailableError);
    expect((reason as Error).cause).toBe(refusal);
  });

  it('does not ask a database that is down once for each row', async () => {
    const down = new InboxUnavailableError('down');
    const insert = jest.fn(() => Promise.reject(down));
    const queue = new AcceptQueue(storeOf(insert), () => undefined);
    const results = await Promise.allSettled(['a', 'b', 'c'].map((id) => queue.add(row(id))));
    expect(results.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(insert).toHaveBeenCalledTimes(1);
  });

  it('keeps the neighbours of a row that breaks the connection off', async () => {
    const insert = jest.fn(async (rows: readonly NewInboxRow[]) => {
      if (rows.some(({ eventId }) => eventId === 'huge')) throw broken();
      return rows.map(({ eventId }): InsertResult => ({ id: eventId, outcome: 'stored' }));
    });
    const stored = jest.fn();
    const queue = new AcceptQueue(storeOf(insert), stored);
    const results = await Promise.allSettled(
      ['a', 'huge', 'b'].map((eventId) => queue.add(row(eventId))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(stored).toHaveBeenCalled();
  });

  it('takes three broken connections in a row for a database that is down', async () => {
    const insert = jest.fn(() => Promise.reject(broken()));
    const queue = new AcceptQueue(storeOf(insert), () => undefined);
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((eventId) => queue.add(row(eventId))),
    );
    expect(results.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    expect(insert).toHaveBeenCalledTimes(1 + 3);
  });

  it('bounds the rows and the bytes of one INSERT, and takes a row that is larger by itself', async () => {
    const { store, call } = handStore();
    const queue = new AcceptQueue(store, () => undefined, {
      ...ACCEPT_LIMITS,
      batchRows: 3,
      batchBytes: 10,
    });
    const all = [row('a'), row('b'), row('c'), row('d', 6), row('e', 6), row('f', 50)].map((each) =>
      queue.add(each),
    );
    const batches: string[][] = [];
    for (let index = 0; index < 4; index += 1) {
      const insert = await call(index);
      batches.push(ids(insert));
      insert.commit();
    }
    await Promise.all(all);
    expect(batches).toEqual([['a', 'b', 'c'], ['d'], ['e'], ['f']]);
  });

  it('refuses at once what it has no room for', async () => {
    const { store, call } = handStore();
    const limits = { ...ACCEPT_LIMITS, queueRows: 2, queueBytes: 10 };
    const queue = new AcceptQueue(store, () => undefined, limits);
    const first = queue.add(row('on its way'));
    const insert = await call(0);
    const big = queue.add(row('big', 9));
    await expect(queue.add(row('too many bytes', 2))).rejects.toBeInstanceOf(InboxUnavailableError);
    const small = queue.add(row('small'));
    await expect(queue.add(row('too many rows', 0))).rejects.toBeInstanceOf(InboxUnavailableError);
    insert.commit();
    (await call(1)).commit();
    await Promise.all([first, big, small]);
    const again = queue.add(row('again', 9));
    (await call(2)).commit();
    await again;
  });

  it('answers after the ingest timeout at the latest, waiting or on its way', async () => {
    const { store, calls, call } = handStore(20);
    const queue = new AcceptQueue(store, () => undefined);
    const first = queue.add(row('on its way'));
    first.catch(() => undefined);
    const insert = await call(0);
    await expect(queue.add(row('waiting'))).rejects.toThrow('within 20 ms');
    await expect(first).rejects.toBeInstanceOf(InboxUnavailableError);
    insert.commit();
    const next = queue.add(row('next'));
    const second = await call(1);
    expect(ids(second)).toEqual(['next']);
    second.commit();
    await next;
    expect(calls).toHaveLength(2);
  });
});
