import type { ClaimedRow, InboxStore, NewInboxRow, Recovery } from '../../lib/inbox/index.js';
import { event, LEASE, settlement } from './event.fixtures.js';

/** What claims, leases and settles need of a store. */
export interface ClaimBench {
  readonly clock: { now(): number; pass(milliseconds: number): void };
  readonly store: Pick<
    InboxStore,
    | (
        | 'insert'
        | 'claim'
        | 'claimById'
        | 'claimStalled'
        | 'noLongerAlone'
        | 'outlook'
        | 'heartbeat'
      )
    | ('settle' | 'release' | 'markCompleted' | 'find' | 'attempts' | 'counts')
  >;
}

export const rescue = (changed: Partial<Recovery> = {}): Recovery => ({
  leaseMs: LEASE,
  maxStalledCount: 3,
  alone: true,
  held: new Set(),
  ...changed,
});

export async function claimOne(store: Pick<InboxStore, 'claim'>): Promise<ClaimedRow> {
  const [row] = await store.claim(1, LEASE);
  if (!row) throw new Error('nothing to claim');
  return row;
}

/** Claims, leases and settles: what the store of every database does, and the one in memory for the worker's tests. */
export function claimSuite(its: ClaimBench): void {
  const stateOf = async (id: string) => (await its.store.find({ id }))?.state;
  const insertOne = async (changed: Partial<NewInboxRow> = {}) => {
    const [result] = await its.store.insert([event(changed)]);
    return (result as { id: string }).id;
  };
  const idsOf = (rows: readonly ClaimedRow[]) => rows.map(({ id }) => id);

  describe('a claim', () => {
    it('gives the oldest due rows first and counts the attempt', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 5; index += 1) {
        ids.push(await insertOne());
        its.clock.pass(1);
      }
      const first = await its.store.claim(3, LEASE);
      const second = await its.store.claim(3, LEASE);
      expect([...first, ...second].map(({ id }) => id)).toEqual(ids);
      expect(first[0]).toMatchObject({ attempt: 1, stalledCount: 0, completedHandlers: [] });
      expect(first[0]?.token).toMatch(/^[0-9a-f]{32}$/);
      expect(first[0]?.token).not.toBe(second[0]?.token);
      expect(await its.store.claim(3, LEASE)).toEqual([]);
      expect(await stateOf(ids[0] as string)).toBe('running');
    });
    it('leaves out the sources and the names that it is told to', async () => {
      const slow = await insertOne({ name: 'escrow.created' });
      const quick = await insertOne({ name: 'pact.violated' });
      const other = await insertOne({ source: 'armox', name: 'escrow.created' });
      const claim = async (...except: { source: string; names?: string[] }[]) => {
        const rows = await its.store.claim(10, LEASE, except);
        await its.store.release(rows);
        return idsOf(rows);
      };
      expect(await claim({ source: 'armalo', names: ['escrow.created', 'x'] })).toEqual([
        quick,
        other,
      ]);
      expect(await claim({ source: 'armalo' })).toEqual([other]);
      expect(await claim({ source: 'armalo' }, { source: 'armox', names: ['x'] })).toEqual([other]);
      expect(await claim({ source: 'armalo' }, { source: 'armox' })).toEqual([]);
      expect(await claim()).toEqual([slow, quick, other]);
    });

    it('finds the older ones that one with exceptions has passed over', async () => {
      const slow = await insertOne({ name: 'escrow.created' });
      its.clock.pass(1);
      await insertOne();
      const except = [{ source: 'armalo', names: ['escrow.created'] }];
      expect(await its.store.claim(1, LEASE, except)).toHaveLength(1);
      its.clock.pass(1);
      await insertOne();
      expect(idsOf(await its.store.claim(1, LEASE))).toEqual([slow]);
    });

    it('finds what came due behind the place of the last claim', async () => {
      await its.store.insert(Array.from({ length: 4 }, () => event()));
      const [first] = await its.store.claim(1, LEASE);
      its.clock.pass(10);
      await its.store.insert(Array.from({ length: 40 }, () => event()));
      await its.store.claim(20, LEASE);
      await its.store.release([first as ClaimedRow]);
      const ids = idsOf(await its.store.claim(100, LEASE));
      expect(ids).toContain(first?.id);
      expect(ids).toHaveLength(24);
    });
    it('leaves alone what is due later', async () => {
      const id = await insertOne();
      await its.store.settle([
        settlement(await claimOne(its.store), { to: 'retry', inMs: 5_000, error: 'no' }),
      ]);
      expect(await its.store.claim(10, LEASE)).toEqual([]);
      expect(await its.store.outlook()).toEqual({ dueIn: 5_000, leaseOverIn: undefined });
      its.clock.pass(5_000);
      expect(await its.store.outlook()).toMatchObject({ dueIn: 0 });
      expect((await its.store.claim(10, LEASE)).map((row) => row.id)).toEqual([id]);
      expect(await its.store.outlook()).toEqual({ dueIn: undefined, leaseOverIn: LEASE });
    });
  });

  describe('a claim by id', () => {
    const claim = async (...ids: string[]) => idsOf(await its.store.claimById(ids, LEASE));

    it('gives just the rows that it asks for, oldest due first, and counts their attempt', async () => {
      const older = await insertOne();
      its.clock.pass(1);
      const other = await insertOne();
      const newer = await insertOne();
      const rows = await its.store.claimById([newer, older, newer], LEASE);
      expect(idsOf(rows)).toEqual([older, newer]);
      expect(rows[0]).toMatchObject({ attempt: 1, stalledCount: 0, completedHandlers: [] });
      expect(rows[0]?.token).toMatch(/^[0-9a-f]{32}$/);
      expect(await its.store.outlook()).toMatchObject({ leaseOverIn: LEASE });
      expect(await stateOf(other)).toBe('open');
      expect((await claimOne(its.store)).id).toBe(other);
    });

    it('holds its rows by a token of its own, which a settle needs', async () => {
      const id = await insertOne();
      const first = await claimOne(its.store);
      await its.store.release([first]);
      const [row] = (await its.store.claimById([id], LEASE)) as [ClaimedRow];
      expect(row.token).not.toBe(first.token);
      expect([...(await its.store.settle([settlement(first, { to: 'done' })]))]).toEqual([id]);
      expect((await its.store.settle([settlement(row, { to: 'done' })])).size).toBe(0);
      expect(await stateOf(id)).toBe('done');
    });

    it('gives nothing of what has ended, or what somebody has, though its lease is over', async () => {
      const id = await insertOne();
      const held = await claimOne(its.store);
      expect(await claim(id)).toEqual([]);
      its.clock.pass(2 * LEASE);
      expect(await claim(id)).toEqual([]);
      await its.store.settle([settlement(held, { to: 'done' })]);
      expect(await claim(id)).toEqual([]);
    });

    it('gives nothing of what is not due yet', async () => {
      const id = await insertOne();
      const retry = { to: 'retry', inMs: 5_000, error: 'no' } as const;
      await its.store.settle([settlement(await claimOne(its.store), retry)]);
      its.clock.pass(4_999);
      expect(await claim(id)).toEqual([]);
      its.clock.pass(1);
      expect(await its.store.claimById([id], LEASE)).toMatchObject([{ id, attempt: 2 }]);
    });

    it('takes no notice of ids that there are not', async () => {
      expect(await claim()).toEqual([]);
      expect(await claim('999999', '', '-1', '1; --', '1e3', '9'.repeat(40))).toEqual([]);
    });
  });

  describe('a lease', () => {
    it('ends a claimed row in each way, and remembers it', async () => {
      await its.store.insert(Array.from({ length: 4 }, () => event()));
      const rows = await its.store.claim(4, LEASE);
      const [done, ignored, dead, retry] = rows as [ClaimedRow, ClaimedRow, ClaimedRow, ClaimedRow];
      const failures = [{ handler: 'A.b', error: 'boom', duration: 12 }];
      const refused = await its.store.settle([
        settlement(done, { to: 'done' }, { completedHandlers: ['A.b'] }),
        settlement(ignored, { to: 'ignored', reason: 'no-handler' }),
        settlement(dead, { to: 'dead', reason: 'rejected', error: 'never' }, { failures }),
        settlement(retry, { to: 'retry', inMs: 100, error: 'later' }, { failures }),
      ]);
      expect([...refused]).toEqual([]);
      const now = its.clock.now();
      expect(await its.store.find({ id: done.id })).toMatchObject({
        state: 'done',
        completedHandlers: ['A.b'],
        finishedAt: now,
      });
      expect(await its.store.find({ id: ignored.id })).toMatchObject({
        state: 'ignored',
        reason: 'no-handler',
      });
      expect(await its.store.find({ id: dead.id })).toMatchObject({
        state: 'dead',
        reason: 'rejected',
        lastError: 'never',
      });
      expect(await its.store.find({ id: retry.id })).toMatchObject({
        state: 'open',
        dueAt: now + 100,
        lastError: 'later',
        finishedAt: null,
      });
      expect(await its.store.attempts(retry.id)).toEqual([
        { attempt: 1, handler: 'A.b', error: 'boom', duration: 12, at: now, release: null },
      ]);
      expect(await its.store.attempts(done.id)).toEqual([]);
      expect(await its.store.counts()).toEqual(
        ['open', 'done', 'ignored', 'dead'].map((state) => ({
          source: 'armalo',
          state,
          count: 1,
          more: false,
        })),
      );
    });
    it('refuses a settle, a mark and a heartbeat once somebody else has the row', async () => {
      const id = await insertOne();
      const lost = await claimOne(its.store);
      its.clock.pass(LEASE);
      const taken = await its.store.claimStalled(rescue());
      expect(taken).toMatchObject({ id, attempt: 2, stalledCount: 0 });
      expect([...(await its.store.settle([settlement(lost, { to: 'done' })]))]).toEqual([id]);
      expect(await its.store.markCompleted(lost, 'A.b')).toBe(false);
      expect([...(await its.store.heartbeat([lost], LEASE))]).toEqual([]);
      await its.store.release([lost]);
      expect(await its.store.find({ id })).toMatchObject({ state: 'running', attempts: 2 });
      expect(await its.store.markCompleted(taken as ClaimedRow, 'A.b')).toBe(true);
      expect((await its.store.find({ id }))?.completedHandlers).toEqual(['A.b']);
    });

    it('still takes the settle of a lease that ran out but went to nobody', async () => {
      const id = await insertOne();
      const row = await claimOne(its.store);
      its.clock.pass(LEASE * 2);
      expect((await its.store.settle([settlement(row, { to: 'done' })])).size).toBe(0);
      expect(await stateOf(id)).toBe('done');
    });

    it('lasts longer for a heartbeat', async () => {
      await its.store.insert([event(), event()]);
      const [one, two] = (await its.store.claim(2, LEASE)) as [ClaimedRow, ClaimedRow];
      its.clock.pass(LEASE - 1);
      expect([...(await its.store.heartbeat([one], LEASE))]).toEqual([one.id]);
      its.clock.pass(1);
      expect((await its.store.claimStalled(rescue()))?.id).toBe(two.id);
      expect(await its.store.claimStalled(rescue())).toBeUndefined();
    });

    it('given back is pending at once, and its attempt does not count', async () => {
      const id = await insertOne();
      await its.store.release([await claimOne(its.store)]);
      expect(await its.store.find({ id })).toMatchObject({ state: 'open', attempts: 0 });
      expect((await claimOne(its.store)).attempt).toBe(1);
    });
  });

  describe('an event whose process died', () => {
    const diesAlone = async (changed: Partial<Recovery> = {}) => {
      const row = await its.store.claimStalled(rescue(changed));
      its.clock.pass(LEASE);
      return row;
    };
    const dies = async () => {
      const row = await claimOne(its.store);
      its.clock.pass(LEASE);
      return row;
    };

    it('counts the attempt, and no death of a process that ran others beside it', async () => {
      const id = await insertOne();
      await dies();
      for (const attempts of [2, 3, 4]) {
        its.clock.pass(4 * LEASE);
        expect(await diesAlone({ alone: false })).toMatchObject({
          id,
          attempt: attempts,
          stalledCount: 0,
        });
      }
      expect(await its.store.find({ id })).toMatchObject({ state: 'open', stalledCount: 0 });
    });

    it('ends dead at the last of the deaths that it died alone', async () => {
      const killer = await insertOne();
      await dies();
      expect(await diesAlone()).toMatchObject({ id: killer, attempt: 2, stalledCount: 0 });
      expect(await diesAlone()).toMatchObject({ id: killer, attempt: 3, stalledCount: 1 });
      expect(await diesAlone()).toMatchObject({ id: killer, attempt: 4, stalledCount: 2 });
      expect(await diesAlone()).toBeUndefined();
      expect(await its.store.find({ id: killer })).toMatchObject({
        state: 'dead',
        reason: 'killed-process',
        stalledCount: 3,
        attempts: 4,
      });
      expect(await its.store.attempts(killer)).toMatchObject([
        { attempt: 4, handler: '(process)' },
      ]);
    });

    it('that ends dead lets the next one be taken', async () => {
      const killer = await insertOne();
      await dies();
      await diesAlone();
      const other = await insertOne();
      await dies();
      await diesAlone({ held: new Set([killer]), alone: false });
      expect(await diesAlone({ maxStalledCount: 1 })).toMatchObject({ id: other, stalledCount: 0 });
      expect(await stateOf(killer)).toBe('dead');
    });

    it('has not died alone once something ran beside it', async () => {
      const id = await insertOne();
      await dies();
      const row = await its.store.claimStalled(rescue());
      await its.store.noLongerAlone(row as ClaimedRow);
      its.clock.pass(LEASE);
      expect(await diesAlone()).toMatchObject({ id, stalledCount: 0 });
      expect(await diesAlone({ alone: false })).toBeUndefined();
      its.clock.pass(4 * LEASE);
      expect(await diesAlone({ alone: false })).toMatchObject({ id, stalledCount: 1 });
    });

    it('has not died when it is given back, or settled, and claimed by another process', async () => {
      const id = await insertOne();
      await dies();
      await its.store.release([(await its.store.claimStalled(rescue())) as ClaimedRow]);
      await dies();
      const row = await its.store.claimStalled(rescue());
      expect(row).toMatchObject({ id, attempt: 3, stalledCount: 0 });
      await its.store.settle([
        settlement(row as ClaimedRow, { to: 'retry', inMs: 0, error: 'failed' }),
      ]);
      await dies();
      expect(await diesAlone()).toMatchObject({ id, attempt: 5, stalledCount: 0 });
    });

    it('runs among others at once the first time, then waits for a process that runs it alone', async () => {
      const id = await insertOne();
      await dies();
      expect(await diesAlone({ alone: false })).toMatchObject({ id, attempt: 2 });
      its.clock.pass(LEASE - 1);
      expect(await its.store.claimStalled(rescue({ alone: false }))).toBeUndefined();
      its.clock.pass(1);
      expect(await diesAlone({ alone: false })).toMatchObject({ id, attempt: 3 });
    });

    it('comes after those that have died less often', async () => {
      const killer = await insertOne();
      await dies();
      await diesAlone();
      const neighbour = await insertOne();
      await dies();
      expect(await its.store.claimStalled(rescue())).toMatchObject({ id: neighbour });
      expect(await its.store.claimStalled(rescue())).toMatchObject({ id: killer, stalledCount: 1 });
    });

    it('is not taken by the process that has it itself', async () => {
      const id = await insertOne();
      await dies();
      expect(await its.store.outlook()).toMatchObject({ leaseOverIn: 0 });
      const held = new Set([id]);
      expect(await its.store.claimStalled(rescue({ held }))).toBeUndefined();
      expect(await its.store.claimStalled(rescue())).toMatchObject({ id });
    });
  });
}
