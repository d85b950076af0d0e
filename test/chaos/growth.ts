import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { InboxStore } from '../../lib/inbox/inbox.store.js';
import type { NewInboxRow } from '../../lib/inbox/intake.store.js';
import type { Settlement } from '../../lib/inbox/settlement.js';
import type { InboxDatabase } from '../../lib/inbox/inbox.database.js';
import type { DatabaseKind } from '../databases.js';
import { ExplainingDatabase } from '../inbox/explaining.database.js';
import { Ground } from './ground.js';
import type { Scenario, World } from './scenario.js';

const WAITING = 40_000;
const ROUNDS = 15;
const BATCH = 100;
/** A full table may cost what deeper indexes cost, and not what more rows do. */
const MOST_FACTOR = 4;
/** Milliseconds; the ingest timeout is 5,000. */
const MOST_HELD_UP = 2_000;

/** Years of done rows, and one ordering key with 40,000 events waiting, change nothing about the cost. */
export const growth: Scenario = {
  name: 'growth',
  about:
    'insert, claim and settle cost the same behind many done rows and a long ordering key; retention',
  databases: ['sqlite', 'postgres', 'mariadb'],
  async run({ findings, short }: World, kind: DatabaseKind) {
    const ground = await Ground.create(kind);
    try {
      const { store } = ground;
      const empty = await cost(store);
      const done = short ? 50_000 : 1_000_000;
      await fill(ground, done);
      const full = await cost(store);
      findings.check(
        full < empty * MOST_FACTOR + 5,
        `a round takes ${full.toFixed(1)} ms, and ${empty.toFixed(1)} ms on an empty table`,
      );
      const statements = await plans(ground, findings);
      const slowest = await prune(store, findings);
      for (const { id, problem } of await store.violations())
        findings.violation(`#${id} ${problem}`);
      findings.figure('done rows', done);
      findings.figure('waiting of one key', WAITING);
      findings.figure('statements explained', statements);
      findings.figure(`ms for ${BATCH} events on an empty table`, empty.toFixed(1));
      findings.figure('ms on the full one', full.toFixed(1));
      findings.figure('ms the slowest insert beside retention', Math.round(slowest));
    } finally {
      await ground.close();
    }
  },
};

const event = (orderKey: string | null = null): NewInboxRow => ({
  source: 'armalo',
  account: '',
  eventId: randomUUID(),
  name: 'pact.violated',
  occurredAt: null,
  orderKey,
  origin: 'webhook',
  body: Buffer.from('{"event":"pact.violated","data":{}}'),
  invalid: null,
});

/** Milliseconds, the median of some rounds of insert, claim and settle. */
async function cost(store: InboxStore): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const rows = Array.from({ length: BATCH }, () => event());
    const began = performance.now();
    await store.insert(rows);
    const claimed = await store.claim(BATCH, 60_000);
    await store.settle(
      claimed.map(({ id, token, completedHandlers: handled, attempt }): Settlement => {
        return { id, token, completedHandlers: handled, attempt, failures: [], to: 'done' };
      }),
    );
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

/** Retention goes on until nothing is left of the old rows, and holds no insert up. @returns milliseconds */
async function prune(store: InboxStore, findings: World['findings']): Promise<number> {
  let pruning = true;
  let slowest = 0;
  const pruned = (async () => {
    while ((await store.prune({ payload: 0, row: 0, dead: null }, 1_000)) > 0);
    pruning = false;
  })();
  while (pruning) {
    const began = performance.now();
    await store.insert(Array.from({ length: 20 }, () => event()));
    slowest = Math.max(slowest, performance.now() - began);
    await pause(10);
  }
  await pruned;
  const left = (await store.counts()).find(({ state }) => state === 'done')?.count ?? 0;
  findings.check(left === 0, `retention left ${left} done rows`);
  findings.check(slowest < MOST_HELD_UP, `an insert beside retention took ${slowest} ms`);
  return slowest;
}

const FAMILIES = {
  postgres: {
    hash: (salt: string) => `decode(md5('${salt}' || i), 'hex')`,
    key: `decode('00', 'hex')`,
    explain: 'EXPLAIN (FORMAT JSON)',
    scan: /"Node Type\\*":\s*\\*"Seq Scan\\*"[^{}]*"Relation Name\\*":\s*\\*"armox_armalo_inbox/,
    analyze: 'ANALYZE armox_armalo_inbox',
  },
  mariadb: {
    hash: (salt: string) => `UNHEX(MD5(CONCAT('${salt}', i)))`,
    key: `UNHEX('00000000000000000000000000000000')`,
    explain: 'EXPLAIN',
    scan: /"select_type":"(?!INSERT)[A-Z ]+","table":"(armox_armalo_inbox|[row])","type":"(ALL|index)"/,
    analyze: 'ANALYZE TABLE armox_armalo_inbox',
  },
  sqlite: {
    hash: (salt: string) => `CAST(printf('${salt}%015d', i) AS BLOB)`,
    key: `x'00'`,
    explain: 'EXPLAIN QUERY PLAN',
    scan: /"detail":"SCAN (armox_armalo_inbox|[row])"/,
    analyze: 'ANALYZE armox_armalo_inbox',
  },
} as const;

/** Final rows, and one ordering key with an open head and all the others behind it. */
async function fill({ kind, dataSource, store }: Ground, done: number): Promise<void> {
  const { hash, key, analyze } = FAMILIES[kind.name];
  const mariadb = kind.name === 'mariadb';
  const columns = `identity, due_at, received_at, finished_at, state, origin, source, account, event_id, name,
    order_hash, body, completed_handlers`;
  const runner = dataSource.createQueryRunner();
  const rows = async (salt: string, state: string, count: number, order: string) => {
    const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
    const finished = state === 'done' ? '1000 + i' : 'NULL';
    const select = `SELECT ${hash(salt)}, 1000 + i, 1000, ${finished}, '${state}', 'webhook', 'armalo', '',
      '${salt}', 'x', ${order}, ${key}, '[]' FROM n`;
    const into = `INSERT INTO armox_armalo_inbox (${columns})`;
    await runner.query(mariadb ? `${into} ${numbers} ${select}` : `${numbers} ${into} ${select}`);
  };
  if (mariadb) await runner.query('SET SESSION max_recursive_iterations = 10000000');
  // The head is not due, so that the rounds measure what is behind it.
  await rows('d', 'done', done, 'NULL');
  await rows('h', 'open', 1, key);
  await rows('w', 'waiting', WAITING, key);
  await runner.query("UPDATE armox_armalo_inbox SET due_at = 99999999999999 WHERE event_id = 'h'");
  await runner.query(analyze);
  await runner.release();
  await store.claim(1, 60_000);
}

/** Every statement of an event's way is explained; none may read the whole table. */
async function plans({ store, kind }: Ground, findings: World['findings']): Promise<number> {
  const { explain, scan } = FAMILIES[kind.name];
  const parts = Reflect.get(store, 'inbox') as InboxDatabase;
  const inner = parts.database;
  const database = new ExplainingDatabase(inner, explain);
  Reflect.set(parts, 'database', database);
  try {
    await store.insert(Array.from({ length: BATCH }, () => event()));
    await store.insert([event('a'), event('a')]);
    const rows = await store.claim(BATCH, 60_000);
    await store.heartbeat(rows, 60_000);
    await store.settle(
      rows.map(({ id, token, completedHandlers: handled, attempt }): Settlement => {
        return { id, token, completedHandlers: handled, attempt, failures: [], to: 'done' };
      }),
    );
    await store.claimStalled({ leaseMs: 60_000, maxStalledCount: 3, alone: true, held: new Set() });
    await store.outlook();
  } finally {
    Reflect.set(parts, 'database', inner);
  }
  for (const { text, plan } of database.plans) {
    if (scan.test(plan)) findings.wrong(`reads the whole table: ${text} ${plan}`);
  }
  return database.plans.length;
}
