import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { guardedManager } from '../../lib/worker/dispatch/guarded.manager.js';
import { claimOne, event, LEASE, type Bench } from './store-suite.js';

/** What a transactional handler may do to its transaction, on every database. */
export function handlerSuite(its: Bench): void {
  const write = (text: string) => `INSERT INTO ${its.effects} (text) VALUES ('${text}')`;
  const written = async () =>
    (await its.query(`SELECT text FROM ${its.effects} ORDER BY text`)).map((row) => row['text']);
  const runOne = async (work: (manager: EntityManager) => Promise<void>) => {
    const [{ id } = { id: '' }] = await its.store.insert([event()]);
    const row = await claimOne(its.store);
    let ended: Error | undefined;
    const outcome = await its.store
      .runTransactional(row, 'A.b', LEASE, async (manager) => {
        try {
          await work(guardedManager(manager, 'A.b', () => ended));
        } finally {
          ended = new Error('over');
        }
      })
      .catch((error: unknown) => error);
    return { outcome, completedHandlers: (await its.store.find({ id }))?.completedHandlers };
  };
  const goesOn = async () => {
    const later = await runOne(async (manager) => void (await manager.query(write('later'))));
    expect(later).toEqual({ outcome: 'committed', completedHandlers: ['A.b'] });
    expect((await its.store.insert([event()]))[0]?.outcome).toBe('stored');
  };

  describe('a handler that is the last', () => {
    const ends = () => ['A.before', 'A.b'];

    it('ends its event in its own commit, and the next of the ordering key goes on', async () => {
      const [head, follower] = await its.store.insert([
        event({ orderKey: 'k' }),
        event({ orderKey: 'k' }),
      ]);
      const row = await claimOne(its.store);
      const work = async (manager: EntityManager) => void (await manager.query(write('last')));
      expect(await its.store.runTransactional(row, 'A.b', LEASE, work, { ends })).toBe('ended');
      expect(await written()).toEqual(['last']);
      expect(await its.store.find({ id: head?.id ?? '' })).toMatchObject({
        state: 'done',
        completedHandlers: ['A.b', 'A.before'],
        finishedAt: expect.any(Number) as unknown,
      });
      expect(await its.store.heartbeat([row], LEASE)).toEqual(new Set());
      expect((await claimOne(its.store)).id).toBe(follower?.id);
    });

    it('that fails ends nothing', async () => {
      const [{ id } = { id: '' }] = await its.store.insert([event()]);
      const row = await claimOne(its.store);
      const work = async (manager: EntityManager) => {
        await manager.query(write('undone'));
        throw new Error('x');
      };
      await expect(its.store.runTransactional(row, 'A.b', LEASE, work, { ends })).rejects.toThrow(
        'x',
      );
      expect(await written()).toEqual([]);
      expect(await its.store.find({ id })).toMatchObject({
        state: 'running',
        completedHandlers: [],
      });
    });
  });

  describe('a handler that ends its own transaction', () => {
    const begin = 'BEGIN';
    for (const [title, statements] of Object.entries({
      'by COMMIT': ['COMMIT'],
      'by ROLLBACK': ['ROLLBACK'],
      'by COMMIT, and begins another': ['COMMIT', begin],
      'by ROLLBACK, and begins another': ['ROLLBACK', begin],
    })) {
      it(`${title} has failed and is told so, and those after it go on`, async () => {
        const { outcome, completedHandlers } = await runOne(async (manager) => {
          await manager.query(write('before'));
          for (const statement of statements) await manager.query(statement);
          await manager.query(write('after'));
        });
        expect(outcome).toMatchObject({
          code: 'ARMOX_ARMALO_HANDLER',
          message: expect.stringMatching(/A\.b.*COMMIT or ROLLBACK.*context\.manager/s) as unknown,
        });
        expect(completedHandlers).toEqual([]);
        await goesOn();
      });
    }

    it('through its query runner is refused before anything happens', async () => {
      for (const end of ['commitTransaction', 'rollbackTransaction', 'release'] as const) {
        const { outcome, completedHandlers } = await runOne(async (manager) => {
          await manager.query(write(end));
          await manager.queryRunner?.[end]();
        });
        expect(outcome).toMatchObject({
          code: 'ARMOX_ARMALO_HANDLER',
          message: expect.stringMatching(`A\\.b calls .*${end}`) as unknown,
        });
        expect(completedHandlers).toEqual([]);
      }
      expect(await written()).toEqual([]);
      await goesOn();
    });
  });

  it('may nest transactions of its own, one of which rolls back alone', async () => {
    const { outcome } = await runOne(async (manager) => {
      await manager.transaction(async (nested) => void (await nested.query(write('nested'))));
      const undone = manager.transaction(async (nested) => {
        await nested.query(write('undone'));
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
    });
    expect(outcome).toBe('committed');
    expect(await written()).toEqual(['nested']);
  });

  it('is not committed with a nested transaction left open', async () => {
    let release = (): void => undefined;
    const { outcome, completedHandlers } = await runOne(async (manager) => {
      let begun = (): void => undefined;
      const open = new Promise<void>((resolve) => (begun = resolve));
      const left = manager.transaction(async (nested) => {
        await nested.query(write('left'));
        begun();
        await new Promise<void>((resolve) => (release = resolve));
      });
      left.catch(() => undefined);
      await open;
    });
    expect(outcome).toMatchObject({
      code: 'ARMOX_ARMALO_HANDLER',
      message: expect.stringMatching(/A\.b.*nested.*[Aa]wait/s) as unknown,
    });
    expect(completedHandlers).toEqual([]);
    release();
    await pause(0);
    await goesOn();
    expect(await written()).toEqual(['later']);
  });
}
