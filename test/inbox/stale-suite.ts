import type { NewInboxRow } from '../../lib/inbox/index.js';
import { claimOne, event, LEASE, settlement, type Bench } from './store-suite.js';

/** How the store tells that a handler has applied a newer event of an ordering key. */
export function staleSuite(its: Bench): void {
  const insert = async (changed: Partial<NewInboxRow>): Promise<string> => {
    const [stored] = await its.store.insert([event({ orderKey: 'agent', ...changed })]);
    return String(stored?.id);
  };
  const applied = async (completedHandlers: readonly string[], changed: Partial<NewInboxRow>) => {
    const id = await insert(changed);
    await its.store.settle([
      settlement(await claimOne(its.store), { to: 'done' }, { completedHandlers }),
    ]);
    return id;
  };

  describe('a newer event', () => {
    it('is told where the handler has applied it, the newest first', async () => {
      await applied(['A.b'], { occurredAt: 2_000 });
      const newest = await applied(['A.a', 'A.b'], { occurredAt: 3_000 });
      await applied(['A.a'], { occurredAt: 4_000 });
      const old = await insert({ occurredAt: 1_000 });
      expect(await its.store.newerApplied(old, 'A.b')).toBe(newest);
      expect(await its.store.newerApplied(old, 'A.c')).toBeUndefined();
    });

    it('is not one of the same age, of another key, account or service', async () => {
      await applied(['A.b'], { occurredAt: 1_000 });
      await applied(['A.b'], { occurredAt: 2_000, orderKey: 'other' });
      await applied(['A.b'], { occurredAt: 2_000, account: 'other' });
      await applied(['A.b'], { occurredAt: 2_000, source: 'armox' });
      await applied(['A.b'], { occurredAt: 2_000, orderKey: null });
      await applied(['A.b'], { occurredAt: null });
      const same = await insert({ occurredAt: 1_000 });
      expect(await its.store.newerApplied(same, 'A.b')).toBeUndefined();
    });

    it('is not looked for where the event has no time or no key', async () => {
      await applied(['A.b'], { occurredAt: 2_000 });
      const timeless = await insert({ occurredAt: null });
      const unordered = await insert({ occurredAt: 1_000, orderKey: null });
      expect(await its.store.newerApplied(timeless, 'A.b')).toBeUndefined();
      expect(await its.store.newerApplied(unordered, 'A.b')).toBeUndefined();
      expect(await its.store.newerApplied('9'.repeat(15), 'A.b')).toBeUndefined();
    });

    it('counts when it died later, and when it is still to be retried by another handler', async () => {
      const dead = await insert({ occurredAt: 3_000 });
      const row = await claimOne(its.store);
      await its.store.markCompleted(row, 'A.b');
      await its.store.settle([settlement(row, { to: 'retry', inMs: 0, error: 'x' })]);
      const old = await insert({ occurredAt: 1_000 });
      expect(await its.store.newerApplied(old, 'A.b')).toBe(dead);
      const again = await claimOne(its.store);
      await its.store.settle([settlement(again, { to: 'dead', reason: 'rejected', error: 'x' })]);
      expect(await its.store.newerApplied(old, 'A.b')).toBe(dead);
      expect((await claimOne(its.store)).id).toBe(old);
    });

    it('is not one that an operator has made run again from the start', async () => {
      const id = await applied(['A.b'], { occurredAt: 2_000 });
      await its.store.replay({ id }, { rerunAll: true });
      const old = await insert({ occurredAt: 1_000 });
      expect(await its.store.newerApplied(old, 'A.b')).toBeUndefined();
      expect((await its.store.claim(10, LEASE)).map((row) => row.id)).toEqual([id]);
    });

    it('is found by names of any characters, and by no part, pattern or other case of one', async () => {
      const odd = [
        '%',
        '_',
        "it's",
        '"',
        '\\',
        ',',
        ']',
        '$1',
        '?',
        ':x',
        'a"b',
        'naïve ☃ 漢字 🎈',
        '\n',
      ];
      await applied(odd, { occurredAt: 2_000 });
      const old = await insert({ occurredAt: 1_000 });
      for (const name of odd)
        expect([name, await its.store.newerApplied(old, name)]).not.toContain(undefined);
      for (const name of [
        'a',
        'b',
        '',
        '","',
        '\\"',
        '[',
        'x',
        "IT'S",
        'NAÏVE ☃ 漢字 🎈',
        '__',
        '%%',
      ]) {
        expect([name, await its.store.newerApplied(old, name)]).toEqual([name, undefined]);
      }
    });

    it('is found behind many whose handlers have longer names with this one in them', async () => {
      const found = await applied(['A.b'], { occurredAt: 2_000 });
      for (let age = 1; age <= 25; age += 1) {
        await applied(['wrapped"A.b'], { occurredAt: 2_000 + age });
      }
      const old = await insert({ occurredAt: 1_000 });
      expect(await its.store.newerApplied(old, 'A.b')).toBe(found);
      expect(await its.store.newerApplied(found, 'A.b')).toBeUndefined();
    });
  });

  describe('an event that has failed while what makes it stale was coming in', () => {
    const failed = async (eventIds: readonly string[]) => {
      const row = await claimOne(its.store);
      // Waits behind it, and passes it over as it is still running.
      await insert({ eventId: 'job:completed' });
      const supersededBy = { source: row.source, account: row.account, eventIds };
      const wait = { inMs: 3_600_000, error: 'x', supersededBy };
      await its.store.settle([settlement(row, { to: 'retry', ...wait })]);
      return its.store.claim(10, LEASE);
    };

    it('is due at once', async () => {
      const id = await insert({ eventId: 'job:processing' });
      expect(await failed(['job:failed', 'job:completed'])).toMatchObject([{ id, attempt: 2 }]);
    });

    it('keeps its time where none of them is stored', async () => {
      await insert({ eventId: 'job:processing' });
      expect(await failed(['job:failed'])).toEqual([]);
    });
  });

  describe('an event that is stored', () => {
    it('is found among several ids, whatever has become of it', async () => {
      const [first] = await its.store.insert([event({ eventId: 'j%3Aob:completed' })]);
      const of = { source: event().source, account: event().account };
      const among = (...eventIds: string[]) => its.store.firstStored({ ...of, eventIds });
      expect(await among('x', 'j%3Aob:completed', 'y')).toBe(first?.id);
      const row = await claimOne(its.store);
      await its.store.settle([settlement(row, { to: 'ignored', reason: 'no-handler' })]);
      expect(await among('j%3Aob:completed')).toBe(first?.id);
      expect(await among('x', 'J%3AOB:COMPLETED')).toBeUndefined();
      expect(await among()).toBeUndefined();
      expect(
        await its.store.firstStored({
          ...of,
          account: 'other',
          eventIds: ['j%3Aob:completed'],
        }),
      ).toBeUndefined();
    });
  });
}
