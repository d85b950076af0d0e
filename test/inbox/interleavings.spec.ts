import fc from 'fast-check';
import type { ClaimedRow } from '../../lib/inbox/index.js';
import { testDatabase } from '../databases.js';
import { rescue } from './claim-suite.js';
import { bench, event, LEASE, settlement, type Bench } from './store-suite.js';
import { summaries } from '../event.lists.js';

type Step =
  | { do: 'insert'; keys: readonly (number | null)[] }
  | { do: 'redeliver' }
  | { do: 'claim'; limit: number }
  | { do: 'abandon'; alone: boolean }
  | { do: 'settle'; to: 'done' | 'dead' | 'retry' }
  | { do: 'settle late' }
  | { do: 'give back' }
  | { do: 'replay' }
  | { do: 'pass'; time: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('insert' as const),
    keys: fc.array(fc.option(fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ do: fc.constant('claim' as const), limit: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('settle' as const),
    to: fc.constantFrom('done' as const, 'dead' as const, 'retry' as const),
  }),
  fc.record({
    do: fc.constant('pass' as const),
    time: fc.constantFrom(1, LEASE / 2, LEASE),
  }),
  fc.constantFrom<Step>(
    { do: 'redeliver' },
    { do: 'abandon', alone: true },
    { do: 'abandon', alone: false },
    { do: 'settle late' },
    { do: 'give back' },
    { do: 'replay' },
  ),
);

/** What the store has told this process so far. */
class Run {
  private readonly held: ClaimedRow[] = [];
  private readonly lost: ClaimedRow[] = [];
  private readonly inserted: string[] = [];
  private count = 0;

  constructor(private readonly its: Bench) {}

  async take(next: Step): Promise<void> {
    const { store, clock } = this.its;
    switch (next.do) {
      case 'insert':
        for (const key of next.keys) await this.insert(key);
        break;
      case 'redeliver': {
        const [result] = await store.insert([event({ eventId: this.inserted.at(-1) ?? 'first' })]);
        expect(result?.outcome).toBe(this.inserted.length > 0 ? 'duplicate' : 'stored');
        if (this.inserted.length === 0) this.inserted.push('first');
        break;
      }
      case 'claim':
        this.held.push(...(await store.claim(next.limit, LEASE)));
        break;
      case 'abandon': {
        clock.pass(LEASE);
        const row = await store.claimStalled(rescue({ alone: next.alone }));
        await this.noticeDead();
        if (row) this.replace(row);
        break;
      }
      case 'settle': {
        const row = this.held.shift();
        if (row) await this.settle(row, next.to);
        break;
      }
      case 'settle late': {
        const row = this.lost.shift();
        if (row)
          expect([...(await store.settle([settlement(row, { to: 'done' })]))]).toEqual([row.id]);
        break;
      }
      case 'give back':
        await store.release(this.held.splice(0));
        break;
      case 'replay':
        await store.replay({ state: 'dead' });
        break;
      case 'pass':
        clock.pass(next.time);
    }
  }

  /** Everything ends, in the end, and each key in the order of arrival. */
  async drain(): Promise<void> {
    const { store, clock } = this.its;
    for (let round = 0; round < 500; round += 1) {
      clock.pass(LEASE);
      const rows = await store.claim(100, LEASE);
      const abandoned = await store.claimStalled(rescue({ maxStalledCount: 100 }));
      const all = abandoned ? [...rows, abandoned] : rows;
      if (all.length === 0) break;
      await store.settle(all.map((row) => settlement(row, { to: 'done' })));
    }
    const open = (await store.counts()).filter(({ state }) => state !== 'done' && state !== 'dead');
    expect(open).toEqual([]);
    expect(await summaries(store)).toHaveLength(this.inserted.length);
  }

  private async insert(key: number | null): Promise<void> {
    const eventId = `event ${(this.count += 1)}`;
    const orderKey = key === null ? null : `key ${key}`;
    await this.its.store.insert([event({ eventId, orderKey })]);
    this.inserted.push(eventId);
  }

  private async settle(row: ClaimedRow, to: 'done' | 'dead' | 'retry'): Promise<void> {
    const outcome =
      to === 'done'
        ? ({ to } as const)
        : to === 'dead'
          ? ({ to, reason: 'rejected', error: 'x' } as const)
          : ({ to, inMs: 5, error: 'x' } as const);
    // Whatever has become of the lease's time: nobody else has taken the row, so it is ours to settle.
    const refused = await this.its.store.settle([settlement(row, outcome)]);
    expect([...refused]).toEqual([]);
  }

  /** Leases that ran out too often end on the way to the next abandoned event. */
  private async noticeDead(): Promise<void> {
    for (const row of [...this.held]) {
      const found = await this.its.store.find({ id: row.id });
      if (found?.state !== 'dead') continue;
      this.lost.push(...this.held.splice(this.held.indexOf(row), 1));
    }
  }

  /** The row has gone to a new lease: what held it before has lost it. */
  private replace(row: ClaimedRow): void {
    const before = this.held.findIndex(({ id }) => id === row.id);
    if (before >= 0) this.lost.push(...this.held.splice(before, 1));
    this.held.push(row);
  }
}

const kind = await testDatabase('sqlite');
describe('the inbox, whatever happens in whatever order', () => {
  const its = bench(kind, { database: ':memory:' });

  it('keeps its invariant at each step, and loses and doubles nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const table of ['inbox', 'attempt'])
          await its.query(`DELETE FROM armox_armalo_${table}`);
        const run = new Run(its);
        for (const next of steps) {
          await run.take(next);
          expect(await its.store.violations()).toEqual([]);
        }
        await run.drain();
      }),
      { numRuns: 150 },
    );
  });
});
