import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DeadEvent } from '../../lib/core/index.js';
import {
  inboxMigrations,
  InboxConnections,
  type ClaimedRow,
  type InboxOptions,
  type InboxStore,
  type NewInboxRow,
  type Settlement,
} from '../../lib/inbox/index.js';
import { OrderKeys } from '../../lib/inbox/order.keys.js';
import { sourceTables } from '../source.tables.js';
import type { DatabaseKind, TestDatabase } from '../databases.js';
import { claimOne, claimSuite, rescue } from './claim-suite.js';
import { event, LEASE, settlement } from './event.fixtures.js';
import { operatorSuite } from './operator-suite.js';
import { TestClock } from './test-clock.js';
import { summaries } from '../event.lists.js';

export { claimOne, event, LEASE, settlement };

const DAY = 86_400_000;

export interface Bench {
  readonly database: TestDatabase;
  readonly application: DataSource;
  readonly clock: TestClock;
  readonly store: InboxStore;
  /** A further store on the same database, as another replica has it. */
  another(options?: InboxOptions): Promise<InboxStore>;
  /** A table of the application, with one column `text`. */
  readonly effects: string;
  query(text: string): Promise<Record<string, unknown>[]>;
}

/** Claims until nothing is left. */
export async function claimAll(store: InboxStore): Promise<ClaimedRow[]> {
  const all: ClaimedRow[] = [];
  for (;;) {
    const rows = await store.claim(100, LEASE);
    if (rows.length === 0) return all;
    all.push(...rows);
  }
}

/** Opens a database with the inbox's tables in it for the tests of a `describe`; the rows go after each. */
export function bench(kind: DatabaseKind, change: Partial<TestDatabase['options']> = {}): Bench {
  const opened: InboxConnections[] = [];
  const applications: DataSource[] = [];
  const its = { effects: 'effect', clock: new TestClock() } as unknown as {
    -readonly [Key in keyof Bench]: Bench[Key];
  };
  its.query = (text) => its.application.query(text);
  its.another = async (options = {}) => {
    const inMemory = (change as { database?: string }).database === ':memory:';
    const application = inMemory
      ? its.application
      : await new DataSource(its.database.options).initialize();
    if (!inMemory) applications.push(application);
    const connections = await InboxConnections.open(application, { clock: its.clock, ...options });
    opened.push(connections);
    return connections.store;
  };

  beforeAll(async () => {
    const database = await kind.create();
    its.database = { ...database, options: { ...database.options, ...change } as never };
    its.application = await new DataSource(its.database.options).initialize();
    await its.application.query('CREATE TABLE effect (text VARCHAR(200))');
    const connections = await InboxConnections.open(its.application, {
      clock: its.clock,
      tables: sourceTables,
    });
    opened.push(connections);
    await connections.migrate();
    its.store = connections.store;
  });
  afterEach(async () => {
    for (const table of [
      'inbox',
      'attempt',
      'leader_lock',
      'replica',
      'alone',
      'redelivery',
      'audit',
    ]) {
      await its.application.query(`DELETE FROM armox_armalo_${table}`);
    }
    await its.application.query('DELETE FROM effect');
  });
  afterAll(async () => {
    for (const connections of opened) await connections.close();
    for (const application of [...applications, its.application]) await application.destroy();
    await its.database.drop();
  });
  return its;
}

/** What every database's store must do. */
export function storeSuite(its: Bench): void {
  const stateOf = async (id: string) => (await its.store.find({ id }))?.state;
  const soundAfterwards = async () => expect(await its.store.violations()).toEqual([]);
  const insertOne = async (changed: Partial<NewInboxRow> = {}) => {
    const [result] = await its.store.insert([event(changed)]);
    return (result as { id: string }).id;
  };

  describe('insert', () => {
    it('stores an event with its exact bytes', async () => {
      const body = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
      const id = await insertOne({ body, occurredAt: 1_700_000_000_123, account: 'a', name: 'x' });
      const found = await its.store.find({ id });
      expect(found).toMatchObject({
        id,
        state: 'open',
        account: 'a',
        name: 'x',
        occurredAt: 1_700_000_000_123,
        receivedAt: its.clock.now(),
        attempts: 0,
        completedHandlers: [],
      });
      expect(found?.body?.equals(body)).toBe(true);
    });

    it('gives a duplicate the id of the older row, which stays as it was', async () => {
      const older = event({ eventId: 'same', body: Buffer.from('first') });
      const [stored] = await its.store.insert([older]);
      const [again, fresh] = await its.store.insert([
        event({ eventId: 'same', body: Buffer.from('second') }),
        event(),
      ]);
      expect(stored?.outcome).toBe('stored');
      expect(again).toEqual({ id: stored?.id, outcome: 'duplicate' });
      expect(fresh?.outcome).toBe('stored');
      expect((await its.store.find({ eventId: 'same' }))?.body?.toString()).toBe('first');
    });

    it('stores the first of two equal events in one batch', async () => {
      const results = await its.store.insert([
        event({ eventId: 'twin' }),
        event({ eventId: 'other' }),
        event({ eventId: 'twin' }),
      ]);
      expect(results.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'duplicate']);
      expect(results[2]?.id).toBe(results[0]?.id);
      expect(results[1]?.id).not.toBe(results[0]?.id);
    });

    it('tells apart what only looks alike when it is joined', async () => {
      const results = await its.store.insert([
        event({ source: 'a', account: 'b', eventId: 'c' }),
        event({ source: 'a', account: '', eventId: 'bc' }),
        event({ source: 'a', account: 'B', eventId: 'c' }),
        event({ source: 'a', account: 'b', eventId: 'c ' }),
      ]);
      expect(results.map(({ outcome }) => outcome)).toEqual(Array(4).fill('stored'));
    });

    it('stores once what 50 callers of two stores bring at once', async () => {
      const other = await its.another();
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 ? its.store : other).insert([event({ eventId: 'storm' })]),
        ),
      );
      const outcomes = results.flat().map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
      expect(new Set(results.flat().map(({ id }) => id)).size).toBe(1);
    });

    it('stores each once when two stores bring the same batch in opposite order', async () => {
      const other = await its.another();
      const batch = Array.from({ length: 100 }, (_, index) => event({ eventId: `both-${index}` }));
      const [one, two] = await Promise.all([
        its.store.insert(batch),
        other.insert([...batch].reverse()),
      ]);
      const stored = [...one, ...two].filter(({ outcome }) => outcome === 'stored');
      expect(stored).toHaveLength(100);
      expect(await summaries(its.store)).toHaveLength(100);
    });

    it('takes names that no column holds as they are', async () => {
      const long = 'x'.repeat(5_000);
      const rows = [
        event({ eventId: `${long}1` }),
        event({ eventId: `${long}2` }),
        event({ eventId: 'nul\0 and \ud800 alone', name: 'n\0\udfff', orderKey: '\0\ud800' }),
        event({ eventId: '𝄞'.repeat(300) }),
      ];
      const results = await its.store.insert(rows);
      expect(results.map(({ outcome }) => outcome)).toEqual(Array(4).fill('stored'));
      expect((await its.store.insert(rows)).map(({ outcome }) => outcome)).toEqual(
        Array(4).fill('duplicate'),
      );
      for (const { eventId } of rows) expect(await its.store.find({ eventId })).toBeDefined();
      await soundAfterwards();
    });

    it('lets an event with an invalid payload be born dead', async () => {
      const id = await insertOne({ invalid: 'agentId must be a string \0 \ud800', orderKey: 'k' });
      expect(await its.store.find({ id })).toMatchObject({
        state: 'dead',
        reason: 'invalid-payload',
        finishedAt: its.clock.now(),
      });
      expect((await its.store.find({ id }))?.lastError).toContain('agentId must be a string');
      expect(await insertOne({ orderKey: 'k' }).then(stateOf)).toBe('open');
      await soundAfterwards();
    });
  });

  claimSuite(its);

  describe('several stores', () => {
    it('that claim at once get each row once', async () => {
      const others = await Promise.all([its.another(), its.another()]);
      await its.store.insert(Array.from({ length: 300 }, () => event()));
      const stores = [its.store, ...others, its.store];
      const claims: ClaimedRow[] = [];
      for (let round = 0; claims.length < 300 && round < 100; round += 1) {
        const rows = await Promise.all(stores.map((store) => store.claim(20, LEASE)));
        claims.push(...rows.flat());
      }
      expect(claims).toHaveLength(300);
      expect(new Set(claims.map(({ id }) => id)).size).toBe(300);
    });

    it('that claim the same ids at once get each row once', async () => {
      const stores = [its.store, ...(await Promise.all([its.another(), its.another()]))];
      const ids = (await its.store.insert(Array.from({ length: 30 }, () => event()))).map(
        ({ id }) => id,
      );
      const claims = await Promise.all(
        ids.flatMap((id) => stores.map((store) => store.claimById([id], LEASE))),
      );
      const got = claims.flat().map(({ id }) => id);
      expect(got.sort()).toEqual([...ids].sort());
    });
  });

  describe('settle', () => {
    it('writes many rows of many kinds together', async () => {
      await its.store.insert(Array.from({ length: 700 }, () => event()));
      const rows = await its.store.claim(700, LEASE);
      const refused = await its.store.settle(
        rows.map((row, index) =>
          index % 3 === 0
            ? settlement(row, { to: 'retry', inMs: index, error: `error ${index}` })
            : settlement(row, { to: 'done' }, { completedHandlers: [`H${index % 2}`] }),
        ),
      );
      expect(refused.size).toBe(0);
      const found = await its.store.find({ id: (rows[3] as ClaimedRow).id });
      expect(found).toMatchObject({ state: 'open', lastError: 'error 3' });
      expect(found?.dueAt).toBe(its.clock.now() + 3);
      expect((await its.store.find({ id: (rows[1] as ClaimedRow).id }))?.completedHandlers).toEqual(
        ['H1'],
      );
      expect(await its.store.counts()).toContainEqual({
        source: 'armalo',
        state: 'done',
        count: 466,
        more: false,
      });
    });
  });

  describe('an ordering key whose next event cannot be opened', () => {
    it('is told of once a cause, and what went before it is done all the same', async () => {
      const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const promote = jest.spyOn(OrderKeys.prototype, 'promote');
      try {
        promote.mockRejectedValue(new Error('lock timeout'));
        for (const key of ['a', 'b']) {
          await its.store.insert([event({ orderKey: key }), event({ orderKey: key })]);
          const row = await claimOne(its.store);
          expect((await its.store.settle([settlement(row, { to: 'done' })])).size).toBe(0);
        }
        promote.mockRejectedValue(new Error('disk full'));
        await its.store.insert([event({ orderKey: 'a' })]);
        expect(warned.mock.calls).toEqual([
          [expect.stringMatching(/lock timeout\. .*the sweep opens it within 30 seconds/)],
          [expect.stringContaining('disk full')],
        ]);
      } finally {
        promote.mockRestore();
        warned.mockRestore();
      }
      await its.store.sweepWaiting();
      await soundAfterwards();
    });
  });

  describe('an event that killed its process', () => {
    it('lets the next one of its ordering key go ahead', async () => {
      const killer = await insertOne({ orderKey: 'k' });
      const follower = await insertOne({ orderKey: 'k' });
      await claimOne(its.store);
      for (let time = 0; time < 2; time += 1) {
        its.clock.pass(LEASE);
        await its.store.claimStalled(rescue({ maxStalledCount: 1 }));
      }
      expect([await stateOf(killer), await stateOf(follower)]).toEqual(['dead', 'open']);
      await soundAfterwards();
    });

    it('leaves no note behind', async () => {
      await insertOne();
      await claimOne(its.store);
      for (let time = 0; time < 2; time += 1) {
        its.clock.pass(LEASE);
        await its.store.claimStalled(rescue({ maxStalledCount: 1 }));
      }
      expect(await its.query('SELECT * FROM armox_armalo_alone')).toEqual([]);
    });
  });

  describe('errors that are stored', () => {
    it('may hold any text', async () => {
      const id = await insertOne();
      const error = `nul \0, alone \ud800, both \udc00\ud800, ${'é'.repeat(10_000)}`;
      const row = await claimOne(its.store);
      const failures = [{ handler: `A.\0b${'x'.repeat(999)}`, error, duration: 1.7 }];
      await its.store.settle([
        settlement(row, { to: 'dead', reason: 'rejected', error }, { failures }),
      ]);
      const [attempt] = await its.store.attempts(id);
      const lastError = (await its.store.find({ id }))?.lastError as string;
      expect(lastError).toMatch(/^nul \ufffd, alone \ufffd, both \ufffd\ufffd, é+…$/);
      expect(Buffer.byteLength(lastError)).toBeLessThanOrEqual(4_000);
      expect(attempt?.error).toBe(lastError);
    });
  });

  describe('handlers', () => {
    const write = (text: string) => `INSERT INTO ${its.effects} (text) VALUES ('${text}')`;
    const written = async () =>
      (await its.query(`SELECT text FROM ${its.effects} ORDER BY text`)).map((row) => row['text']);

    it('commit their writes and their mark together, once', async () => {
      const id = await insertOne();
      const row = await claimOne(its.store);
      const work = (text: string) => (manager: { query(text: string): Promise<unknown> }) =>
        manager.query(write(text)).then(() => undefined);
      expect(await its.store.runTransactional(row, 'A.b', LEASE, work('one'))).toBe('committed');
      expect(await its.store.runTransactional(row, 'A.b', LEASE, work('two'))).toBe('already');
      expect(await its.store.runTransactional(row, 'A.c', LEASE, work('three'))).toBe('committed');
      expect(await written()).toEqual(['one', 'three']);
      expect((await its.store.find({ id }))?.completedHandlers).toEqual(['A.b', 'A.c']);
    });

    it('that throw leave no write and no mark, and their own error comes out', async () => {
      const id = await insertOne();
      const row = await claimOne(its.store);
      const boom = new Error('boom');
      await expect(
        its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
          await manager.query(write('never'));
          throw boom;
        }),
      ).rejects.toBe(boom);
      expect(await written()).toEqual([]);
      expect((await its.store.find({ id }))?.completedHandlers).toEqual([]);
      expect((await its.store.settle([settlement(row, { to: 'done' })])).size).toBe(0);
    });

    it('do not run when the lease has gone', async () => {
      await insertOne();
      const lost = await claimOne(its.store);
      its.clock.pass(LEASE);
      await its.store.claimStalled(rescue());
      let ran = false;
      const outcome = await its.store.runTransactional(lost, 'A.b', LEASE, async () => {
        ran = true;
      });
      expect([outcome, ran]).toEqual(['lease-lost', false]);
    });

    it('give their event a fresh lease with the commit', async () => {
      const id = await insertOne();
      const row = await claimOne(its.store);
      await its.store.runTransactional(row, 'A.b', LEASE, async () => its.clock.pass(LEASE - 1));
      its.clock.pass(LEASE - 1);
      expect(await its.store.claimStalled(rescue())).toBeUndefined();
      its.clock.pass(1);
      expect((await its.store.claimStalled(rescue()))?.id).toBe(id);
    });

    it('keep their mark when the dispatcher that retries the event does not know of it', async () => {
      const id = await insertOne();
      const row = await claimOne(its.store);
      await its.store.runTransactional(row, 'A.b', LEASE, async () => undefined);
      // As after a COMMIT whose answer was lost: the dispatcher took the handler for failed.
      await its.store.settle([
        settlement(
          row,
          { to: 'retry', inMs: 0, error: 'connection lost' },
          { completedHandlers: ['A.c'] },
        ),
      ]);
      expect((await its.store.find({ id }))?.completedHandlers).toEqual(['A.b', 'A.c']);
      expect((await claimOne(its.store)).completedHandlers).toEqual(['A.b', 'A.c']);
    });
  });

  describe('ordering', () => {
    it('opens one event of a key at a time, in the order of arrival', async () => {
      const ids = (await its.store.insert([1, 2, 3].map(() => event({ orderKey: 'agent-1' })))).map(
        ({ id }) => id,
      );
      await its.store.insert([event({ orderKey: 'agent-1', source: 'armox' })]);
      const order: string[] = [];
      for (let index = 0; index < 3; index += 1) {
        const rows = (await its.store.claim(10, LEASE)).filter(({ source }) => source === 'armalo');
        expect(rows).toHaveLength(1);
        order.push((rows[0] as ClaimedRow).id);
        await soundAfterwards();
        await its.store.settle(rows.map((row) => settlement(row, { to: 'done' })));
      }
      expect(order).toEqual(ids);
      await soundAfterwards();
    });

    it('keeps one open row when several stores start a key at once', async () => {
      const stores = [its.store, await its.another(), await its.another()];
      const results = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          (stores[index % 3] as InboxStore).insert([
            event({ orderKey: `hot-${index % 2}` }),
            event({ orderKey: `hot-${index % 2}` }),
          ]),
        ),
      );
      expect(results.flat().every(({ outcome }) => outcome === 'stored')).toBe(true);
      await soundAfterwards();
      let handled = 0;
      for (;;) {
        const rows = await its.store.claim(10, LEASE);
        if (rows.length === 0) break;
        expect(rows).toHaveLength(2);
        handled += rows.length;
        await its.store.settle(rows.map((row) => settlement(row, { to: 'done' })));
      }
      expect(handled).toBe(60);
    });

    it('never leaves a follower stuck while heads finish and followers arrive', async () => {
      const other = await its.another();
      await its.store.insert([event({ orderKey: 'busy' })]);
      let handled = 0;
      for (let round = 0; round < 15; round += 1) {
        const head = await claimOne(its.store);
        handled += 1;
        await Promise.all([
          its.store.settle([settlement(head, { to: 'done' })]),
          other.insert([event({ orderKey: 'busy' })]),
        ]);
        await soundAfterwards();
      }
      expect(handled).toBe(15);
      expect(await its.store.sweepWaiting()).toBe(0);
    });

    it('is kept by a claim by id, to which an event that waits for its turn is not given', async () => {
      const [head, follower] = (
        await its.store.insert([event({ orderKey: 'k' }), event({ orderKey: 'k' })])
      ).map(({ id }) => id) as [string, string];
      const rows = await its.store.claimById([follower, head], LEASE);
      expect(rows.map(({ id }) => id)).toEqual([head]);
      await its.store.settle(rows.map((row) => settlement(row, { to: 'done' })));
      expect(await its.store.claimById([follower], LEASE)).toMatchObject([{ id: follower }]);
    });

    it('holds a key for a head that is to be retried, and lets go for a dead one', async () => {
      const [head, next] = (
        await its.store.insert([event({ orderKey: 'k' }), event({ orderKey: 'k' })])
      ).map(({ id }) => id) as [string, string];
      await its.store.settle([
        settlement(await claimOne(its.store), { to: 'retry', inMs: 10, error: 'no' }),
      ]);
      expect(await its.store.claim(10, LEASE)).toEqual([]);
      its.clock.pass(10);
      const row = await claimOne(its.store);
      expect(row.id).toBe(head);
      await its.store.settle([settlement(row, { to: 'dead', reason: 'rejected', error: 'no' })]);
      expect((await claimOne(its.store)).id).toBe(next);
    });

    it('opens by the sweep what a crash between two commits has left', async () => {
      await its.store.insert([1, 2, 3].map(() => event({ orderKey: 'left' })));
      const head = await claimOne(its.store);
      await its.query(
        `UPDATE armox_armalo_inbox SET state = 'done', finished_at = 1, lease = NULL, lease_until = NULL WHERE id = ${head.id}`,
      );
      expect((await its.store.violations()).map(({ problem }) => problem)).toEqual(
        Array(2).fill('waits, but no open event of its ordering key is before it'),
      );
      expect(await its.store.sweepWaiting()).toBe(1);
      expect(await its.store.sweepWaiting()).toBe(0);
      await soundAfterwards();
    });

    it('lets a replayed event of a busy key wait for its turn', async () => {
      const id = await insertOne({ orderKey: 'k' });
      await its.store.settle([settlement(await claimOne(its.store), { to: 'done' })]);
      const newer = await insertOne({ orderKey: 'k' });
      expect(await its.store.replay({ id })).toBe(1);
      expect([await stateOf(id), await stateOf(newer)]).toEqual(['waiting', 'open']);
      await its.store.settle([settlement(await claimOne(its.store), { to: 'done' })]);
      expect(await stateOf(id)).toBe('open');
      await soundAfterwards();
    });
  });

  describe('replay', () => {
    it('makes final rows pending again and keeps the marks of handlers', async () => {
      await its.store.insert([event({ name: 'a' }), event({ name: 'a' }), event({ name: 'b' })]);
      const rows = await its.store.claim(3, LEASE);
      await its.store.settle(
        rows.map((row) =>
          settlement(
            row,
            { to: 'dead', reason: 'rejected', error: 'x' },
            { completedHandlers: ['A.b'] },
          ),
        ),
      );
      expect(await its.store.replay({ name: 'a', state: 'dead' })).toBe(2);
      expect(await its.store.replay({ name: 'a', state: 'dead' })).toBe(0);
      const again = await its.store.claim(10, LEASE);
      expect(again).toHaveLength(2);
      expect(again[0]).toMatchObject({ attempt: 1, stalledCount: 0, completedHandlers: ['A.b'] });
      expect(await its.store.replay({ name: 'b' }, { rerunAll: true })).toBe(1);
      expect((await claimOne(its.store)).completedHandlers).toEqual([]);
    });

    it('leaves running and pending rows alone', async () => {
      const id = await insertOne();
      await claimOne(its.store);
      expect(await its.store.replay({ id })).toBe(0);
      expect(await its.store.replay({ id: 'no number' })).toBe(0);
      expect(await stateOf(id)).toBe('running');
    });

    it.each<[string, unknown]>([
      ['no condition', {}],
      ['nothing', undefined],
      ['a condition that is undefined', { id: undefined }],
      ['one of two that is undefined', { source: 'armalo', eventId: undefined }],
      ['an unknown condition', { ids: ['1'] }],
      ['a number', { id: 1 }],
      ['all, and a condition', { all: true, state: 'dead' }],
    ])('refuses a filter with %s, and replays nothing', async (_, filter) => {
      const id = await insertOne();
      await its.store.settle([settlement(await claimOne(its.store), { to: 'done' })]);
      await expect(its.store.replay(filter as never)).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_INBOX_FILTER',
      });
      expect(await stateOf(id)).toBe('done');
      expect(await its.store.replay({ all: true })).toBe(1);
    });
  });

  operatorSuite(its);

  describe('prune', () => {
    const periods = { payload: 14 * DAY, row: 180 * DAY, dead: null };
    const drained = async (given: Parameters<InboxStore['prune']>[0], batch: number) => {
      let changed = 0;
      for (;;) {
        const some = await its.store.prune(given, batch);
        if (some === 0) return changed;
        expect(some).toBeLessThanOrEqual(batch);
        changed += some;
      }
    };

    it('drops payloads, then rows, and keeps what is dead or unfinished', async () => {
      await its.store.insert(Array.from({ length: 12 }, () => event()));
      const rows = await its.store.claim(11, LEASE);
      await its.store.settle(
        rows.map((row, index) =>
          index === 0
            ? settlement(
                row,
                { to: 'dead', reason: 'rejected', error: 'x' },
                { failures: [{ handler: 'A.b', error: 'x', duration: 1 }] },
              )
            : index === 1
              ? settlement(row, { to: 'ignored', reason: 'no-handler' })
              : settlement(row, { to: 'done' }),
        ),
      );
      const [dead, , done] = rows as [ClaimedRow, ClaimedRow, ClaimedRow];
      its.clock.pass(14 * DAY);
      expect(await drained(periods, 4)).toBe(0);
      its.clock.pass(1);
      expect(await drained(periods, 4)).toBe(10);
      expect(await its.store.find({ id: done.id })).toMatchObject({ state: 'done', body: null });
      expect((await its.store.find({ id: dead.id }))?.body).not.toBeNull();
      expect(await its.store.replay({ id: done.id })).toBe(0);
      its.clock.pass(166 * DAY);
      expect(await drained(periods, 4)).toBe(10);
      expect(await summaries(its.store)).toHaveLength(2);
      expect(await drained({ ...periods, dead: 180 * DAY }, 4)).toBe(1);
      expect(await its.store.attempts(dead.id)).toEqual([]);
      expect(await summaries(its.store)).toHaveLength(1);
      await soundAfterwards();
    });
  });

  describe('replicas', () => {
    const handlers = [{ name: 'Books.enter', source: 'armalo', patterns: ['pact.*', 'a"b\'c\\'] }];

    it('tell each other their handlers, for as long as they go on doing so', async () => {
      const { store, clock } = its;
      await store.publishHandlers('one', [], 1_000);
      await store.publishHandlers('two', handlers, 1_000);
      expect(await store.otherReplicas('one')).toEqual([{ id: 'two', handlers }]);
      clock.pass(999);
      await store.publishHandlers('one', handlers, 1_000);
      clock.pass(1);
      expect(await store.otherReplicas('two')).toEqual([{ id: 'one', handlers }]);
      expect(await store.otherReplicas('one')).toEqual([]);
      await store.withdrawHandlers('one');
      expect(await store.otherReplicas('two')).toEqual([]);
    });

    it('that were killed are cleared away in time', async () => {
      await its.store.publishHandlers('killed', handlers, 1_000);
      its.clock.pass(2 * 3_600_000);
      await (await its.another()).publishHandlers('fresh', handlers, 1_000);
      expect(await its.query('SELECT id FROM armox_armalo_replica')).toEqual([{ id: 'fresh' }]);
    });

    it('leave events to each other, which costs no attempt and keeps the marks', async () => {
      const { store, clock } = its;
      await store.insert([event()]);
      const row = await claimOne(store);
      const leaving = settlement(
        row,
        { to: 'postponed', inMs: 1_000 },
        { completedHandlers: ['A.b'] },
      );
      expect(await store.settle([leaving])).toEqual(new Set());
      expect(await store.claim(1, LEASE)).toEqual([]);
      expect(await store.find({ id: row.id })).toMatchObject({
        state: 'open',
        attempts: 0,
        lastError: null,
        finishedAt: null,
      });
      clock.pass(1_000);
      expect(await claimOne(store)).toMatchObject({
        id: row.id,
        attempt: 1,
        completedHandlers: ['A.b'],
      });
      expect(await store.attempts(row.id)).toEqual([]);
    });
  });

  describe('deaths', () => {
    it('are told with what they were of, after they are committed, whatever brought them', async () => {
      const { store, clock } = its;
      const told: DeadEvent[] = [];
      const stop = store.onDead((dead) => told.push(...dead));
      const [bad, , lethal, rejected] = await store.insert([
        event({ invalid: 'data.amount must be a number', eventId: 'bad' }),
        event({ invalid: 'data.amount must be a number', eventId: 'bad' }),
        event({ eventId: 'lethal' }),
        event({ eventId: 'rejected', account: 'a' }),
        event({ eventId: 'fine' }),
      ]);
      const claimed = await claimAll(store);
      const claimOf = (id: string) => claimed.find(({ eventId }) => eventId === id) as ClaimedRow;
      const [two, three] = [claimOf('rejected'), claimOf('fine')];
      const error = 'Judge.see: RejectEventError: no';
      await store.settle([
        { ...settlement(two, { to: 'dead', reason: 'rejected', error }), handler: 'Judge.see' },
        settlement({ ...three, token: '00'.repeat(16) }, { to: 'dead', reason: 'rejected', error }),
        settlement(three, { to: 'done' }),
      ] as Settlement[]);
      // Dies once in company, which counts nothing, and then alone.
      for (let lease = 0; lease < 2; lease += 1) {
        clock.pass(LEASE);
        await store.claimStalled(rescue({ maxStalledCount: 1 }));
      }
      await new Promise(setImmediate);
      const common = { source: 'armalo', account: '', name: 'pact.violated' };
      const unsound = { reason: 'invalid-payload', error: 'data.amount must be a number' };
      const killed = {
        reason: 'killed-process',
        error: expect.stringContaining('process died') as unknown,
      };
      expect(told).toEqual([
        { ...common, ...unsound, id: bad?.id, eventId: 'bad', handler: null, attempt: 0 },
        {
          ...common,
          ...{ id: rejected?.id, account: 'a', eventId: 'rejected', reason: 'rejected', error },
          ...{ handler: 'Judge.see', attempt: 1 },
        },
        { ...common, ...killed, id: lethal?.id, eventId: 'lethal', handler: null, attempt: 2 },
      ]);
      stop();
      await store.insert([event({ invalid: 'x' })]);
      await new Promise(setImmediate);
      expect(told).toHaveLength(3);
    });
  });

  describe('duties', () => {
    it('are held by one at a time, and pass on when they run out', async () => {
      const other = await its.another();
      const held = await Promise.all(
        ['a', 'b', 'c', 'd'].map((owner, index) =>
          (index % 2 ? other : its.store).holdLeaderLock('prune', owner, 1_000),
        ),
      );
      expect(held.filter(Boolean)).toHaveLength(1);
      const owner = ['a', 'b', 'c', 'd'][held.indexOf(true)] as string;
      expect(await its.store.holdLeaderLock('prune', owner, 1_000)).toBe(true);
      expect(await its.store.holdLeaderLock('prune', 'e', 1_000)).toBe(false);
      expect(await its.store.holdLeaderLock('poll', 'e', 1_000)).toBe(true);
      its.clock.pass(1_000);
      expect(await its.store.holdLeaderLock('prune', 'e', 1_000)).toBe(true);
      expect(await its.store.holdLeaderLock('prune', owner, 1_000)).toBe(false);
    });
  });

  describe('the database clock', () => {
    it('is used where none is given', async () => {
      const store = await its.another({ clock: undefined });
      const before = Date.now();
      const [result] = await store.insert([event()]);
      const found = await store.find({ id: (result as { id: string }).id });
      expect(Math.abs((found?.receivedAt ?? 0) - before)).toBeLessThan(60_000);
      expect(await store.outlook()).toMatchObject({ dueIn: 0 });
      const row = await claimOne(store);
      await store.settle([settlement(row, { to: 'retry', inMs: 100_000, error: 'x' })]);
      const { dueIn: due } = await store.outlook();
      expect(due).toBeGreaterThan(90_000);
      expect(due).toBeLessThanOrEqual(100_000);
      expect(await store.claim(1, LEASE)).toEqual([]);
      expect(await store.holdLeaderLock('x', 'y', 1_000)).toBe(true);
    });
  });

  describe('the tables', () => {
    it('are made once when 20 replicas start at once', async () => {
      const connections = await Promise.all(
        Array.from({ length: 20 }, () =>
          InboxConnections.open(its.application, { tablePrefix: 'many', poolSize: 2 }),
        ),
      );
      try {
        await Promise.all(connections.map((each) => each.migrate()));
        await Promise.all(connections.map((each) => each.assertSchema()));
        const [row] = await its.query('SELECT COUNT(*) AS many FROM many_migration');
        expect(Number(row?.['many'])).toBe(
          inboxMigrations({ type: its.database.options.type }).length,
        );
      } finally {
        await Promise.all(connections.map((each) => each.close()));
      }
    });

    it('may be made by the migrations of the application itself', async () => {
      const { type } = its.application.options;
      const application = await new DataSource({
        ...its.database.options,
        migrations: inboxMigrations({ type, tablePrefix: 'theirs' }),
      }).initialize();
      const connections = await InboxConnections.open(application, { tablePrefix: 'theirs' });
      try {
        await application.runMigrations();
        await connections.assertSchema();
        await connections.migrate();
        expect((await connections.store.insert([event()]))[0]?.outcome).toBe('stored');
        for (const _ of inboxMigrations({ type })) await application.undoLastMigration();
        await expect(connections.assertSchema()).rejects.toThrow('theirs_inbox');
      } finally {
        await connections.close();
        await application.destroy();
      }
    });

    it('are named with the ways to make them when they are missing', async () => {
      const connections = await InboxConnections.open(its.application, { tablePrefix: 'none' });
      try {
        await expect(connections.assertSchema()).rejects.toMatchObject({
          code: 'ARMOX_ARMALO_SCHEMA',
          message: expect.stringMatching(/none_inbox.*migrationsRun.*inboxMigrations/) as unknown,
        });
      } finally {
        await connections.close();
      }
    });
  });
}
