import { Client } from 'pg';
import type { EntityManager, EntitySubscriberInterface, TransactionCommitEvent } from 'typeorm';
import { Aborter } from '../../lib/core/index.js';
import type { ClaimedRow, TransactionalOutcome } from '../../lib/inbox/index.js';
import { describeOn, testDatabase } from '../databases.js';
import { bench, claimAll, event, LEASE } from './store-suite.js';

const database = await testDatabase('postgres');

type Work = (manager: EntityManager) => Promise<void>;

/** What a transaction has come to, and in which session of the server. */
interface Told {
  readonly outcome: TransactionalOutcome | Error;
  readonly session: unknown;
}

describeOn(database, 'a transaction that begins in the trip that ends another', () => {
  const its = bench(database);
  let other: Client;

  beforeEach(async () => {
    other = new Client({ connectionString: its.database.url });
    await other.connect();
  });

  afterEach(() => other.end());

  const claimTwo = async (): Promise<readonly [ClaimedRow, ClaimedRow]> => {
    await its.store.insert([event({ eventId: 'one' }), event({ eventId: 'two' })]);
    const [one, two] = await claimAll(its.store);
    return [one as ClaimedRow, two as ClaimedRow];
  };

  const write = (text: string, also: Work = async () => undefined): Work => {
    return async (manager) => {
      await manager.query(`INSERT INTO ${its.effects} (text) VALUES ('${text}')`);
      await also(manager);
    };
  };

  /** The second waits for the first, and begins as soon as that one has only its commit left. */
  const oneAfterTheOther = async (
    rows: readonly [ClaimedRow, ClaimedRow],
    works: readonly [Work, Work],
    signals = [new Aborter(), new Aborter()] as const,
  ): Promise<readonly [Told, Told]> => {
    let second: Promise<Told> | undefined;
    const run = async (at: 0 | 1): Promise<Told> => {
      let session: unknown;
      const work: Work = async (manager) => {
        [{ session }] = await manager.query('SELECT pg_backend_pid() AS session');
        await works[at](manager);
      };
      const turn = {
        signal: signals[at],
        connecting: <T>(connect: () => Promise<T>) => connect(),
        ending: () => {
          if (at === 1) return false;
          second = run(1);
          return true;
        },
      };
      const outcome = await its.store
        .runTransactional(rows[at], 'A.b', LEASE, work, { turn, ends: () => ['A.b'] })
        .catch((error: Error) => error);
      return { outcome, session };
    };
    const first = await run(0);
    return [first, await (second ?? run(1))];
  };

  const effects = async () =>
    (await its.query(`SELECT text FROM ${its.effects} ORDER BY text`)).map(({ text }) => text);

  const states = async (rows: readonly ClaimedRow[]) =>
    Promise.all(rows.map(async ({ id }) => (await its.store.find({ id }))?.state));

  const lockedElsewhere = async ({ id }: ClaimedRow): Promise<() => Promise<unknown>> => {
    await other.query('BEGIN');
    await other.query('SELECT id FROM armox_armalo_inbox WHERE id = $1 FOR UPDATE', [id]);
    return () => other.query('COMMIT');
  };

  it('has its connection, and both are committed', async () => {
    const rows = await claimTwo();
    const [one, two] = await oneAfterTheOther(rows, [write('one'), write('two')]);
    expect([one.outcome, two.outcome]).toEqual(['ended', 'ended']);
    expect(two.session).toBe(one.session);
    expect(await effects()).toEqual(['one', 'two']);
    expect(await states(rows)).toEqual(['done', 'done']);
  });

  it('is committed too where nobody follows it in the end', async () => {
    const [row] = await claimTwo();
    const turn = {
      signal: new Aborter(),
      connecting: <T>(connect: () => Promise<T>) => connect(),
      ending: () => true,
    };
    const outcome = await its.store.runTransactional(row, 'A.b', LEASE, write('one'), { turn });
    expect(outcome).toBe('committed');
    expect(await effects()).toEqual(['one']);
  });

  it('begins elsewhere where the other one had ended by itself, which fails alone', async () => {
    const rows = await claimTwo();
    const ending = write('one', async (manager) => void (await manager.query('ROLLBACK')));
    const [one, two] = await oneAfterTheOther(rows, [ending, write('two')]);
    expect(one.outcome).toMatchObject({ code: 'ARMOX_ARMALO_HANDLER' });
    expect(two).toMatchObject({ outcome: 'ended' });
    expect(two.session).not.toBe(one.session);
    expect(await effects()).toEqual(['two']);
    expect(await states(rows)).toEqual(['running', 'done']);
  });

  it('begins elsewhere where the commit of the other one fails', async () => {
    await its.query(
      'CREATE TABLE deferred (id int, CONSTRAINT once UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)',
    );
    const rows = await claimTwo();
    const twice = write('one', async (manager) => {
      await manager.query('INSERT INTO deferred (id) VALUES (1), (1)');
    });
    const [one, two] = await oneAfterTheOther(rows, [twice, write('two')]);
    expect(one.outcome).toMatchObject({ code: '23505' });
    expect(two.outcome).toBe('ended');
    expect(await effects()).toEqual(['two']);
    expect(await states(rows)).toEqual(['running', 'done']);
  });

  it('is begun anew where its row is not to be had, and the other one is committed', async () => {
    const rows = await claimTwo();
    const unlock = await lockedElsewhere(rows[1]);
    const impatient = write('one', async (manager) => {
      await manager.query("SET lock_timeout = '50ms'");
    });
    const both = oneAfterTheOther(rows, [impatient, write('two')]);
    await untilWaited(await untilWaited());
    await unlock();
    const [one, two] = await both;
    expect([one.outcome, two.outcome]).toEqual(['ended', 'ended']);
    expect(await effects()).toEqual(['one', 'two']);
  });

  it('does not keep the other one beyond its time', async () => {
    const rows = await claimTwo();
    const unlock = await lockedElsewhere(rows[1]);
    const signals = [new Aborter(), new Aborter()] as const;
    const both = oneAfterTheOther(rows, [write('one'), write('two')], signals);
    const shared = await untilWaited();
    signals[0].abort(new Error('Its time is over.'));
    await untilWaited(shared);
    await unlock();
    const [one, two] = await both;
    expect([one.outcome, two.outcome]).toEqual(['ended', 'ended']);
    expect(two.session).not.toBe(one.session);
  });

  it('leaves nothing open where it is given up in that trip', async () => {
    const rows = await claimTwo();
    const unlock = await lockedElsewhere(rows[1]);
    const signals = [new Aborter(), new Aborter()] as const;
    const both = oneAfterTheOther(rows, [write('one'), write('two')], signals);
    await untilWaited();
    signals[1].abort(new Error('Its time is over.'));
    await unlock();
    const [one, two] = await both;
    expect(one.outcome).toBe('ended');
    expect(two.outcome).toMatchObject({ message: 'Its time is over.' });
    expect(await effects()).toEqual(['one']);
    const again = await its.store.runTransactional(rows[1], 'A.b', LEASE, write('two'));
    expect(again).toBe('committed');
  });

  it('begins elsewhere where a subscriber of the application follows the commits', async () => {
    const committed: unknown[] = [];
    class Subscriber implements EntitySubscriberInterface {
      async afterTransactionCommit({ queryRunner }: TransactionCommitEvent) {
        const text = 'SELECT pg_current_xact_id_if_assigned() AS id';
        const [row] = (await queryRunner.query(text)) as { id: string | null }[];
        committed.push(row?.id);
      }
    }
    its.application.subscribers.push(new Subscriber());
    try {
      const rows = await claimTwo();
      const [one, two] = await oneAfterTheOther(rows, [write('one'), write('two')]);
      expect([one.outcome, two.outcome]).toEqual(['ended', 'ended']);
      expect(committed).toEqual([null, null]);
    } finally {
      its.application.subscribers.length = 0;
    }
  });

  /** Until a session waits for a lock. @returns its id */
  const untilWaited = async (besides?: number): Promise<number> => {
    for (;;) {
      // In a transaction, which this one has, sessions that begin later are not seen otherwise.
      await other.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await other.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
      const found = rows.find(({ pid }) => pid !== besides);
      if (found) return found.pid;
    }
  };
});
