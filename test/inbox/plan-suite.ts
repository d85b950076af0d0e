import { driverOf } from '../../lib/database/index.js';
import { InboxDatabase } from '../../lib/inbox/inbox.database.js';
import type { EventFilter } from '../../lib/inbox/index.js';
import { InboxTables } from '../../lib/inbox/inbox.tables.js';
import { SqlInboxStore } from '../../lib/inbox/sql.inbox.store.js';
import { ExplainingDatabase } from './explaining.database.js';
import { rescue } from './claim-suite.js';
import { event, LEASE, settlement, type Bench } from './store-suite.js';

type Kind = 'postgres' | 'mysql' | 'sqlite';

export interface PlanSubject {
  readonly kind: Kind;
  readonly explain: string;
  /** Whether the plan (JSON) reads the whole inbox table. */
  scans(plan: string): boolean;
  readonly analyze: string;
}

/** The most, as in every inbox: where few are done, all of them by one scan may be cheapest. */
const DONE = 40_000;
const WAITING = 40_000;

/** Rows as the table has them after months: many done, one key with 40,000 events waiting. */
async function fill(its: Bench, kind: Kind): Promise<void> {
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${WAITING})`;
  const identity = {
    postgres: (salt: string) => `decode(md5('${salt}' || i), 'hex')`,
    mysql: (salt: string) => `UNHEX(MD5(CONCAT('${salt}', i)))`,
    sqlite: (salt: string) => `CAST(printf('${salt}%015d', i) AS BLOB)`,
  }[kind];
  const key = { postgres: `decode('00', 'hex')`, mysql: `UNHEX('00')`, sqlite: `x'00'` }[kind];
  const columns =
    'identity, due_at, received_at, occurred_at, finished_at, state, origin, source, account, event_id, name, order_hash, body, completed_handlers';
  const row = (salt: string, state: string, finished: string, hash: string) =>
    `SELECT ${identity(salt)}, 1000 + i, 1000, i, ${finished}, '${state}', 'webhook', 'armalo', '', '${salt}', 'x', ${hash}, ${key}, '[]' FROM n`;
  const into = (select: string) =>
    kind === 'mysql'
      ? `INSERT INTO armox_armalo_inbox (${columns}) ${numbers} ${select}`
      : `${numbers} INSERT INTO armox_armalo_inbox (${columns}) ${select}`;
  if (kind === 'mysql') await its.query('SET SESSION max_recursive_iterations = 100000');
  await its.query(into(`${row('d', 'done', '1000 + i', 'NULL')} WHERE i <= ${DONE}`));
  await its.query(into(row('w', 'waiting', 'NULL', key)));
}

/** What an operator may look for, each by another way. */
const FILTERS: readonly EventFilter[] = [
  {},
  { id: '7' },
  { source: 'armalo', account: '', eventId: 'd' },
  { source: 'armalo', name: 'x' },
  { eventId: 'nowhere' },
  { state: 'open' },
  { state: 'running' },
  { state: 'waiting' },
  { state: 'done' },
  { state: 'dead' },
  { state: 'dead', error: 'boom', name: 'x' },
  { state: 'dead', handler: 'A.b' },
  { handler: 'A.b' },
  { reason: 'rejected' },
  { error: 'boom' },
  { receivedSince: 1_000, receivedBefore: 2_000 },
];

/** How many events each part of a list has. */
async function partsOf(store: SqlInboxStore, filter: EventFilter, limit = 100) {
  const parts: number[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.list(filter, { limit, after });
    parts.push(page.events.length);
    after = page.next;
    if (after === undefined) return parts;
  }
}

/** No statement of the inbox reads the whole table, however much there is in it. */
export function planSuite(its: Bench, subject: PlanSubject): void {
  it('walks an index for every statement, behind 40,000 waiting events of one key too', async () => {
    await fill(its, subject.kind);
    await its.query(subject.analyze);
    const driver = driverOf(its.application.options.type);
    const opened = await driver.open(its.application, {
      poolSize: 2,
      connectTimeout: 5_000,
      clock: its.clock,
    });
    const database = new ExplainingDatabase(opened.database, subject.explain);
    const tables = new InboxTables(driver, 'armox_armalo', opened.schema);
    const inbox = new InboxDatabase(database, opened.dialect, tables);
    const store = new SqlInboxStore(inbox, opened, 60_000);
    await store.insert(Array.from({ length: 200 }, () => event()));
    await store.insert([event({ orderKey: 'a' }), event({ orderKey: 'a' })]);
    const rows = await store.claim(150, LEASE);
    expect(rows).toHaveLength(150);
    await store.claim(20, LEASE);
    const [one] = await store.insert([event()]);
    expect(await store.claimById([String(one?.id)], LEASE)).toHaveLength(1);
    await store.heartbeat(rows.slice(0, 20), LEASE);
    await store.settle(rows.slice(0, 50).map((row) => settlement(row, { to: 'done' })));
    await store.settle(
      rows.slice(50, 100).map((row) => settlement(row, { to: 'retry', inMs: 5, error: row.id })),
    );
    await store.claim(20, LEASE, [{ source: 'armalo', names: ['pact.violated'] }]);
    expect(await store.claim(5, 0)).toHaveLength(5);
    expect(await store.claimStalled(rescue())).toBeDefined();
    await store.outlook();
    const [oldest] = await its.query(
      "SELECT MIN(id) AS id FROM armox_armalo_inbox WHERE state = 'waiting'",
    );
    expect(await store.newerApplied(String(oldest?.['id']), 'A.b')).toBeUndefined();
    for (const filter of FILTERS) {
      await store.list(filter, { limit: 20 });
      await store.count(filter);
    }
    await store.ahead(String(oldest?.['id']));
    expect(await partsOf(store, { eventId: 'nowhere' })).toEqual([0, 0, 0, 0, 0]);
    const parts = await partsOf(store, { eventId: 'd', state: 'done' }, 1_000);
    expect(parts.slice(0, 3)).toEqual([0, 0, 1_000]);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(DONE);
    expect(await store.count({ eventId: 'nowhere' })).toEqual({ count: 0, more: false });
    expect(await store.count({ eventId: 'd' })).toEqual({ count: 10_000, more: true });
    await opened.close();
    const scans = database.plans
      .filter(({ plan }) => subject.scans(plan))
      .map(({ text, plan }) => `${text.slice(0, 300)}\n${plan.slice(0, 3000)}`);
    expect(scans).toEqual([]);
    expect(database.plans.length).toBeGreaterThan(10);
  });
}
