import { InboxAdmin, type ClaimedRow, type NewInboxRow } from '../../lib/inbox/index.js';
import { event, LEASE, settlement } from './event.fixtures.js';
import type { Bench } from './store-suite.js';

const HOUR = 3_600_000;

/** What an operator can ask and do. */
export function operatorSuite(its: Bench): void {
  const insert = async (changed: Partial<NewInboxRow> = {}): Promise<string> => {
    const [stored] = await its.store.insert([event(changed)]);
    return String(stored?.id);
  };
  const claimed = async (): Promise<ClaimedRow> =>
    (await its.store.claim(1, LEASE))[0] as ClaimedRow;
  const died = async (handler: string, error: string, changed: Partial<NewInboxRow> = {}) => {
    const id = await insert(changed);
    const failures = [{ handler, error, duration: 1 }];
    const end = { to: 'dead', reason: 'rejected', error } as const;
    await its.store.settle([settlement(await claimed(), end, { failures })]);
    return id;
  };
  const admin = () => new InboxAdmin(its.store);
  const listed = async (filter: Parameters<InboxAdmin['list']>[0]) =>
    (await admin().list(filter)).events.map(({ id }) => id);

  describe('an operator', () => {
    it('lists events newest first, page by page, without payloads', async () => {
      const ids = [];
      for (let count = 0; count < 5; count += 1) ids.push(await insert());
      const newest = ids.reverse();
      const first = await admin().list({}, { limit: 2 });
      expect(first.events.map(({ id }) => id)).toEqual(newest.slice(0, 2));
      expect(first.events[0]).not.toHaveProperty('body');
      // What comes meanwhile is on no page that follows.
      await insert();
      const second = await admin().list({}, { limit: 2, after: first.next });
      expect(second.events.map(({ id }) => id)).toEqual(newest.slice(2, 4));
      const last = await admin().list({}, { limit: 2, after: second.next });
      expect([last.events.map(({ id }) => id), last.next]).toEqual([newest.slice(4), undefined]);
    });

    it('refuses a place in the list that is none', async () => {
      await expect(admin().list({}, { after: 'x' })).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_INBOX_FILTER',
      });
    });

    it('tells pending, running and waiting events apart', async () => {
      const running = await insert({ orderKey: 'k' });
      await claimed();
      const waiting = await insert({ orderKey: 'k' });
      const pending = await insert();
      expect(await listed({ state: 'running' })).toEqual([running]);
      expect(await listed({ state: 'waiting' })).toEqual([waiting]);
      expect(await listed({ state: 'open' })).toEqual([pending]);
    });

    it('filters by reason, failed handler, a part of the error, and time', async () => {
      const card = await died('Book.fund', 'Card 100% declined');
      its.clock.pass(HOUR);
      const late = await died('Mail.send', 'greylisted');
      const since = its.clock.now();
      expect(await listed({ handler: 'Book.fund' })).toEqual([card]);
      expect(await listed({ handler: 'Book.fun' })).toEqual([]);
      expect(await listed({ error: '100%' })).toEqual([card]);
      expect(await listed({ error: 'CARD' })).toEqual([]);
      expect(await listed({ reason: 'rejected' })).toEqual([late, card]);
      expect(await listed({ reason: 'stale' })).toEqual([]);
      expect(await listed({ receivedSince: since })).toEqual([late]);
      expect(await listed({ receivedBefore: since })).toEqual([card]);
      expect(await listed({ state: 'dead', handler: 'Mail.send', source: 'armalo' })).toEqual([
        late,
      ]);
    });

    it('finds one event with payload and failed attempts', async () => {
      const id = await died('A.b', 'no', { body: Buffer.from('{"x":1}') });
      expect(await admin().find({ id })).toMatchObject({
        state: 'dead',
        body: Buffer.from('{"x":1}'),
        failures: [{ handler: 'A.b', error: 'no', attempt: 1 }],
      });
      expect(await admin().find({ id: '999999' })).toBeUndefined();
    });

    it('sees how often an event was delivered again, by all processes together', async () => {
      const [once, often] = [await insert(), await insert()];
      const { redeliveries } = its.store;
      const other = (await its.another()).redeliveries;
      await redeliveries.add([{ id: often, count: 1, lastAt: 1_000 }]);
      await other.add([
        { id: often, count: 2, lastAt: 2_000 },
        { id: once, count: 1, lastAt: 2_000 },
      ]);
      expect((await admin().find({ id: often }))?.redeliveries).toEqual({
        count: 3,
        lastAt: 2_000,
      });
      expect((await admin().find({ id: once }))?.redeliveries).toEqual({ count: 1, lastAt: 2_000 });
      const id = await insert();
      expect((await admin().find({ id }))?.redeliveries).toEqual({ count: 0, lastAt: null });
    });

    it('sees which release of the application made an attempt, and which ended an event', async () => {
      const [old, fresh] = [
        await its.another({ release: '1.4.2' }),
        await its.another({ release: '2' }),
      ];
      const id = await insert();
      const [first] = await old.claim(1, LEASE);
      const failures = [{ handler: 'A.b', error: 'no', duration: 1 }];
      const retry = { to: 'retry', inMs: 0, error: 'no' } as const;
      await old.settle([settlement(first as ClaimedRow, retry, { failures })]);
      expect(await admin().find({ id })).toMatchObject({
        release: '1.4.2',
        failures: [{ release: '1.4.2' }],
      });
      const [second] = await fresh.claim(1, LEASE);
      await fresh.settle([settlement(second as ClaimedRow, { to: 'done' })]);
      expect(await admin().find({ id })).toMatchObject({ release: '2' });
      const inTransaction = await insert();
      const [third] = await old.claim(1, LEASE);
      const ends = () => [];
      await old.runTransactional(third as ClaimedRow, 'A.b', LEASE, () => Promise.resolve(), {
        ends,
      });
      expect(await admin().find({ id: inTransaction })).toMatchObject({
        state: 'done',
        release: '1.4.2',
      });
    });

    it('sees as much of a long release as has room', async () => {
      const store = await its.another({ release: `1.0.0-dev+\0${'f'.repeat(100)}` });
      const id = await insert();
      const [row] = await store.claim(1, LEASE);
      const failures = [{ handler: 'A.b', error: 'no', duration: 1 }];
      const retry = { to: 'retry', inMs: 0, error: 'no' } as const;
      await store.settle([settlement(row as ClaimedRow, retry, { failures })]);
      expect((await admin().find({ id }))?.release).toMatch(/^1\.0\.0-dev\+\?f+~/);
    });

    it('starts an action on many events with any filter', async () => {
      const { operations } = its.store;
      const operation = { action: 'replay', pace: 'all', rerunAll: false, by: 'olga' } as const;
      const filter = { eventId: 'nul \0, alone \ud800' };
      await operations.start({ ...operation, id: '1', filter });
      expect((await its.store.audit.list(undefined)).entries).toMatchObject([
        { about: 'Operation 1: events with id nul \ufffd, alone \ufffd' },
      ]);
      await its.query('DELETE FROM armox_armalo_operation');
    });

    it('is told of in the audit by the very transaction of what he does', async () => {
      const [first] = [await died('A.b', 'no'), await died('A.b', 'no')];
      const audit = async () => {
        const { entries } = await its.store.audit.list(undefined);
        return entries.map(({ by, action, about, events }) => ({ by, action, about, events }));
      };
      await admin().replay({ id: first }, { by: 'olga' });
      await admin().discard({ state: 'dead', handler: 'A.b' });
      await admin().discard({ state: 'dead' }, { by: 'nobody finds an event' });
      await admin().replay({ state: 'ignored' }, { by: 'o'.repeat(500) });
      await admin().discard({ all: true }, { by: 'victor' });
      expect(await audit()).toEqual([
        { by: 'victor', action: 'discard', about: 'all events', events: 2 },
        expect.objectContaining({ action: 'replay', events: 1 }),
        {
          by: 'olga',
          action: 'replay',
          about: `Event ${first} of armalo: pact.violated`,
          events: 1,
        },
      ]);
    });

    it('does nothing where it cannot be told of', async () => {
      const id = await died('A.b', 'no');
      await its.query('ALTER TABLE armox_armalo_audit RENAME TO away');
      try {
        await expect(admin().replay({ id }, { by: 'olga' })).rejects.toBeDefined();
        expect(await admin().find({ id })).toMatchObject({ state: 'dead' });
      } finally {
        await its.query('ALTER TABLE away RENAME TO armox_armalo_audit');
      }
    });

    it('counts events by source and state', async () => {
      await died('A.b', 'no');
      await died('A.b', 'no');
      await insert({ source: 'armox' });
      await insert();
      await claimed();
      const counts = await admin().counts();
      expect(counts).toHaveLength(3);
      expect(counts).toEqual(
        expect.arrayContaining([
          { source: 'armalo', state: 'dead', count: 2, more: false },
          { source: 'armalo', state: 'open', count: 1, more: false },
          { source: 'armox', state: 'running', count: 1, more: false },
        ]),
      );
    });

    it('counts no more than 10,000 events of a state, and says so', async () => {
      const all = Array.from({ length: 10_050 }, () => event());
      for (let start = 0; start < all.length; start += 500) {
        await its.store.insert(all.slice(start, start + 500));
      }
      expect(await admin().counts()).toEqual([
        { source: 'armalo', state: 'open', count: 10_001, more: true },
      ]);
    });

    it('replays what is dead, and whoever runs events hears of it', async () => {
      const id = await died('A.b', 'no');
      let heard = 0;
      const operator = admin();
      operator.onPending(() => (heard += 1));
      expect(await operator.replay({ handler: 'A.b' })).toBe(1);
      expect(await operator.find({ id })).toMatchObject({ state: 'open', attempts: 0 });
      expect(await operator.replay({ handler: 'A.b' })).toBe(0);
      expect(heard).toBe(1);
      expect(await operator.violations()).toEqual([]);
    });
  });

  describe('an event that an operator discards', () => {
    it('ends ignored, whether it is dead, pending or waiting, and can be replayed', async () => {
      const dead = await died('A.b', 'no');
      const pending = await insert({ orderKey: 'k' });
      const waiting = await insert({ orderKey: 'k' });
      expect(await admin().discard({ all: true })).toBe(3);
      for (const id of [dead, pending, waiting]) {
        expect(await admin().find({ id })).toMatchObject({ state: 'ignored', reason: 'discarded' });
      }
      expect(await its.store.claim(10, LEASE)).toEqual([]);
      expect(await admin().violations()).toEqual([]);
      expect(await admin().replay({ reason: 'discarded' })).toBe(3);
    });

    it('lets the next one of its ordering key go on', async () => {
      const first = await insert({ orderKey: 'k' });
      const second = await insert({ orderKey: 'k' });
      expect(await admin().discard({ id: first })).toBe(1);
      expect(await claimed()).toMatchObject({ id: second });
    });

    it('is passed over while it runs', async () => {
      const id = await insert();
      await claimed();
      expect(await admin().discard({ id })).toBe(0);
    });

    it('is not settled any more by a process that stood still with it', async () => {
      const id = await insert();
      const row = await claimed();
      its.clock.pass(2 * LEASE);
      expect(await admin().discard({ id })).toBe(1);
      expect(await its.store.settle([settlement(row, { to: 'done' })])).toEqual(new Set([id]));
      expect(await admin().find({ id })).toMatchObject({ state: 'ignored' });
    });

    it('must be named', async () => {
      await expect(admin().discard({} as never)).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_INBOX_FILTER',
      });
      await expect(admin().discard({ receivedBefore: NaN })).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_INBOX_FILTER',
      });
    });
  });
}
