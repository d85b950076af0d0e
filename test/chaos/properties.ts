import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { DataSource, type EntityManager } from 'typeorm';
import { InboxConnections, type InboxStore, type Lease } from '../../lib/inbox/index.js';
import { armaloSignature, verifyArmaloSignature } from '../../lib/sources/armalo/index.js';
import { armoxSignature, verifyArmoxSignature } from '../../lib/sources/armox/index.js';
import type { DatabaseKind } from '../databases.js';
import { dataSourceOptions } from './database.options.js';
import { InboxModel } from './inbox.model.js';
import type { Scenario, World } from './scenario.js';
import { summaries } from '../event.lists.js';

const LEASE = 30_000;
const MAX_DEATHS = 2;
const HOUR = 3_600_000;
const PERIODS = { payload: HOUR, row: 5 * HOUR, dead: null };

const at = fc.nat({ max: 30 });
type Use = 'heartbeat' | 'end solitude' | 'finish' | 'reject' | 'fail' | 'give back';
type Step =
  | readonly ['deliver', string | null]
  | readonly ['redeliver' | 'claim' | 'expire', number]
  | readonly ['rescue', boolean]
  | readonly ['replay' | 'prune']
  | readonly [Use, number]
  | readonly ['handle', number, boolean];

/** A lease is chosen among all that were ever given: those of processes that have died, too. */
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('deliver' as const), fc.constantFrom(null, 'a', 'b')),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('redeliver' as const), at) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('claim' as const), fc.integer({ min: 1, max: 4 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('rescue' as const), fc.boolean()) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('heartbeat' as const), at) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('end solitude' as const), at) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('expire' as const),
      fc.constantFrom(1, LEASE / 2, LEASE, HOUR, 6 * HOUR),
    ),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant('finish' as const), at) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('reject' as const), at) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('fail' as const), at) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('handle' as const), at, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('give back' as const), at) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('replay' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('prune' as const)) },
);

/** The store beside its model, whatever happens in whatever order; and signatures, whatever is changed. */
export const properties: Scenario = {
  name: 'properties',
  about: 'random interleavings against a model; any changed byte is refused and never throws',
  databases: ['sqlite', 'postgres'],
  async run({ findings, short, random }: World, kind: DatabaseKind) {
    const database = await kind.create();
    const url = kind.name === 'sqlite' ? 'sqlite::memory:' : database.url;
    const dataSource = await new DataSource(dataSourceOptions(kind.name, url, 2)).initialize();
    let time = 1_800_000_000_000;
    const clock = { now: () => time };
    const connections = await InboxConnections.open(dataSource, { clock });
    const { seed } = random;
    try {
      await connections.migrate();
      await dataSource.query('CREATE TABLE chaos_effect (id varchar(40))');
      const runs = (short ? 300 : 5_000) / (kind.name === 'sqlite' ? 1 : 5);
      let steps = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(STEP, { minLength: 10, maxLength: 80, size: 'max' }),
          async (all) => {
            // SQLite never waits, and the other databases' connections have timeouts.
            await new Promise((resolve) => setImmediate(resolve));
            for (const table of [
              'armox_armalo_inbox',
              'armox_armalo_attempt',
              'armox_armalo_alone',
              'chaos_effect',
            ]) {
              await dataSource.query(`DELETE FROM ${table}`);
            }
            const pair = new Pair(
              connections.store,
              new InboxModel(clock.now, LEASE),
              (ms) => (time += ms),
            );
            for (const step of all) {
              await pair.take(step);
              steps += 1;
              deepStrictEqual(await connections.store.violations(), []);
            }
            await pair.compare(dataSource);
          },
        ),
        { seed, numRuns: runs },
      );
      findings.figure('interleavings', runs);
      findings.figure('steps', steps);
      if (kind.name === 'sqlite') signatures(short ? 3_000 : 100_000, seed);
    } finally {
      await connections.close();
      await dataSource.destroy();
      await database.drop();
    }
  },
};

class Pair {
  private readonly leases: Lease[] = [];
  private count = 0;

  constructor(
    private readonly store: InboxStore,
    private readonly model: InboxModel,
    private readonly pass: (ms: number) => void,
  ) {}

  async take(step: Step): Promise<void> {
    switch (step[0]) {
      case 'deliver':
        return this.deliver(`event ${(this.count += 1)}`, step[1]);
      case 'redeliver':
        return this.deliver(`event ${(step[1] % (this.count + 1)) + 1}`, null);
      case 'claim':
        return this.claim(step[1]);
      case 'rescue':
        return this.rescue(step[1]);
      case 'expire':
        return this.pass(step[1]);
      case 'replay':
        return strictEqual(await this.store.replay({ all: true }), this.model.replay());
      case 'prune':
        while ((await this.store.prune(PERIODS, 3)) > 0);
        return this.model.prune(PERIODS.payload, PERIODS.row);
      case 'heartbeat':
      case 'end solitude':
      case 'finish':
      case 'reject':
      case 'fail':
      case 'give back':
        return this.use(step[0], this.lease(step[1]));
      case 'handle':
        return this.handle(this.lease(step[1]), step[2]);
    }
  }

  private lease(index: number): Lease | undefined {
    return this.leases[index % Math.max(1, this.leases.length)];
  }

  /** Rows, states, stall counts, and what transactional handlers have written. */
  async compare(dataSource: DataSource): Promise<void> {
    const rows = await summaries(this.store);
    deepStrictEqual(
      rows
        .map(
          ({ id, state, stalledCount }) =>
            `${id} ${state === 'running' ? 'open' : state} ${stalledCount}`,
        )
        .sort(),
      [...this.model.rows.values()]
        .map(({ id, state, stalledCount }) => `${id} ${state} ${stalledCount}`)
        .sort(),
    );
    const written = await dataSource.query<{ id: string }[]>('SELECT id FROM chaos_effect');
    strictEqual(new Set(written.map(({ id }) => id)).size, written.length, 'an effect is doubled');
    for (const { id, effects } of this.model.rows.values()) {
      strictEqual(written.filter((row) => row.id === id).length, effects);
    }
  }

  private async deliver(eventId: string, key: string | null): Promise<void> {
    const known = this.model.byEvent(eventId);
    const [result] = await this.store.insert([
      {
        source: 'armalo',
        account: '',
        eventId,
        name: 'pact.violated',
        occurredAt: null,
        orderKey: key,
        origin: 'webhook',
        body: Buffer.from('{}'),
        invalid: null,
      },
    ]);
    strictEqual(result?.outcome, known ? 'duplicate' : 'stored');
    if (known) strictEqual(result?.id, known.id);
    else this.model.insert(result?.id ?? '', eventId, key);
  }

  private async claim(limit: number): Promise<void> {
    const expected = this.model.claimable();
    const rows = await this.store.claim(limit, LEASE);
    strictEqual(rows.length, Math.min(limit, expected.length), 'claimed');
    for (const { id, token } of rows) {
      const row = expected.find((one) => one.id === id);
      if (!row) throw new Error(`Row ${id} was not to be claimed.`);
      this.model.claim(row, token, false);
      this.leases.push({ id, token });
    }
  }

  private async rescue(alone: boolean): Promise<void> {
    let expected: string | undefined;
    for (const row of this.model.abandoned(alone)) {
      if (row.alone) row.stalledCount += 1;
      if (row.stalledCount < MAX_DEATHS) {
        expected = row.id;
        break;
      }
      this.model.finish(row, 'dead');
    }
    const rescue = { leaseMs: LEASE, maxStalledCount: MAX_DEATHS, alone, held: new Set<string>() };
    const taken = await this.store.claimStalled(rescue);
    strictEqual(taken?.id, expected, 'abandoned');
    const row = taken && this.model.rows.get(taken.id);
    if (!taken || !row) return;
    this.model.claim(row, taken.token, alone);
    this.leases.push({ id: taken.id, token: taken.token });
  }

  private async use(how: Use, lease: Lease | undefined): Promise<void> {
    if (!lease) return;
    const row = this.model.holder(lease);
    const base = {
      ...lease,
      completedHandlers: row?.handled ? ['A.b'] : [],
      attempt: 1,
      failures: [],
    };
    const settled = async (settlement: Parameters<InboxStore['settle']>[0][number]) => {
      const refused = await this.store.settle([settlement]);
      strictEqual(refused.has(lease.id), row === undefined, `settle as ${settlement.to}`);
    };
    switch (how) {
      case 'heartbeat': {
        const ours = await this.store.heartbeat([lease], LEASE);
        strictEqual(ours.has(lease.id), row !== undefined, 'heartbeat');
        if (row) this.model.lease(row, lease.token);
        return;
      }
      case 'end solitude':
        await this.store.noLongerAlone(lease);
        if (row) row.alone = false;
        return;
      case 'finish':
        await settled({ ...base, to: 'done' });
        if (row) this.model.finish(row, 'done');
        return;
      case 'reject':
        await settled({ ...base, to: 'dead', reason: 'rejected', error: 'x' });
        if (row) this.model.finish(row, 'dead');
        return;
      case 'fail':
        await settled({ ...base, to: 'retry', inMs: 500, error: 'x' });
        if (row) this.model.retryIn(row, 500);
        return;
      case 'give back':
        await this.store.release([lease]);
        if (row) this.model.release(row);
        return;
    }
  }

  private async handle(lease: Lease | undefined, throws: boolean): Promise<void> {
    if (!lease) return;
    const row = this.model.holder(lease);
    const work = async (manager: EntityManager): Promise<void> => {
      await manager.query(`INSERT INTO chaos_effect (id) VALUES ('${lease.id}')`);
      if (throws) throw new Error('asked for');
    };
    const outcome = await this.store
      .runTransactional(lease, 'A.b', LEASE, work)
      .catch(() => 'threw' as const);
    const expected = !row ? 'lease-lost' : row.handled ? 'already' : throws ? 'threw' : 'committed';
    strictEqual(outcome, expected, 'transactional');
    if (!row || outcome !== 'committed') return;
    row.handled = true;
    row.effects += 1;
    this.model.lease(row, lease.token);
  }
}

function signatures(runs: number, seed: number): void {
  const services = [
    { sign: armaloSignature, verify: verifyArmaloSignature },
    { sign: armoxSignature, verify: verifyArmoxSignature },
  ];
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(
      bytes,
      change,
      fc.boolean(),
      fc.string(),
      (body, { at: place, by }, inBody, secret) => {
        for (const { sign, verify } of services) {
          const key = `k${secret}`;
          const signature = sign(Buffer.from(body), key);
          strictEqual(verify(Buffer.from(body), signature, key), true);
          const changed = Buffer.from(inBody ? body : Buffer.from(signature, 'latin1'));
          const index = place % changed.length;
          changed.writeUInt8((changed[index] ?? 0) ^ by, index);
          const accepted = inBody
            ? verify(changed, signature, key)
            : verify(Buffer.from(body), changed.toString('latin1'), key);
          strictEqual(accepted, false);
        }
      },
    ),
    { numRuns: runs, seed },
  );
}
