import { DataSource, type DataSourceOptions } from 'typeorm';
import { InboxConnections } from '../../lib/inbox/index.js';
import { describeOn, testDatabase } from '../databases.js';
import { handlerSuite } from './handler-suite.js';
import { planSuite } from './plan-suite.js';
import { serverSuite } from './server-suite.js';
import { staleSuite } from './stale-suite.js';
import { bench, claimAll, claimOne, event, LEASE, settlement, storeSuite } from './store-suite.js';
import { upkeepSuite } from './upkeep-suite.js';

const database = await testDatabase('postgres');

/** A sequential scan, or a walk along the primary key that looks at each row. */
function readsWholeTable(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const plan = node as Record<string, unknown>;
  const whole =
    plan['Node Type'] === 'Seq Scan' ||
    (plan['Index Name'] === 'armox_armalo_inbox_pkey' && plan['Index Cond'] === undefined);
  return (
    (plan['Relation Name'] === 'armox_armalo_inbox' && whole) ||
    Object.values(plan).some(readsWholeTable)
  );
}

describeOn(database, 'the inbox store', () => {
  const its = bench(database);
  storeSuite(its);
  staleSuite(its);
  handlerSuite(its);
  upkeepSuite(its);
  serverSuite(its);
  planSuite(its, {
    kind: 'postgres',
    explain: 'EXPLAIN (FORMAT JSON)',
    scans: (plan) => readsWholeTable(JSON.parse(plan)),
    analyze: 'ANALYZE armox_armalo_inbox',
  });

  it('claims without touching an index (a HOT update)', async () => {
    await its.store.insert(Array.from({ length: 50 }, () => event()));
    const size = async () =>
      (await its.query('CREATE EXTENSION IF NOT EXISTS pageinspect'),
      await its.query(`SELECT count(*) AS entries FROM bt_page_items('armox_armalo_due', 1)`))[0]?.[
        'entries'
      ];
    const before = await size();
    expect(await claimAll(its.store)).toHaveLength(50);
    expect(await size()).toBe(before);
  });

  it('wakes another replica when an event is stored, also after its connection was cut', async () => {
    const other = await its.another();
    const wakes: (() => void)[] = [];
    const woken = () => new Promise<void>((resolve) => wakes.push(resolve));
    const stop = await other.listen(() => wakes.splice(0).forEach((wake) => wake()));
    try {
      const first = woken();
      await its.store.insert([event()]);
      await first;
      const second = woken();
      await its.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()`,
      );
      await second;
      const third = woken();
      await its.store.insert([event()]);
      await third;
    } finally {
      await stop();
    }
    expect(await its.store.claim(10, LEASE)).toHaveLength(2);
  });

  it('lives in the schema that the application names', async () => {
    await its.query('CREATE SCHEMA apart');
    const options = { ...its.database.options, schema: 'apart' } as DataSourceOptions;
    const application = await new DataSource(options).initialize();
    const connections = await InboxConnections.open(application, { tablePrefix: 'apart' });
    try {
      await expect(connections.assertSchema()).rejects.toThrow('apart_inbox');
      await connections.migrate();
      await connections.assertSchema();
      await connections.store.insert([event()]);
      const row = await claimOne(connections.store);
      const outcome = await connections.store.runTransactional(row, 'A.b', LEASE, async () => {});
      expect(outcome).toBe('committed');
      expect(await its.query('SELECT completed_handlers FROM apart.apart_inbox')).toEqual([
        { completed_handlers: '["A.b"]' },
      ]);
    } finally {
      await connections.close();
      await application.destroy();
    }
  });

  it('keeps to its schema, whatever search path a handler or the application sets', async () => {
    await its.query('CREATE SCHEMA tenant');
    await its.store.insert([event()]);
    const row = await claimOne(its.store);
    const outcome = await its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
      await manager.query('SET LOCAL search_path TO tenant');
    });
    expect(outcome).toBe('committed');
    expect((await its.store.find({ id: row.id }))?.completedHandlers).toEqual(['A.b']);
  });

  it('is refused where the search path leads to no schema, or the named one is not there', async () => {
    const refused = async (options: object) => {
      const application = await new DataSource({
        ...its.database.options,
        ...options,
      }).initialize();
      const opened = InboxConnections.open(application).finally(() => application.destroy());
      await expect(opened).rejects.toMatchObject({ code: 'ARMOX_ARMALO_CONFIGURATION' });
      return opened.catch(({ message }: Error) => message);
    };
    expect(await refused({ extra: { options: '-c search_path=nowhere' } })).toMatch(
      /no schema of its search path/,
    );
    expect(await refused({ schema: 'missing' })).toMatch(/"missing" does not exist/);
  });

  describe('in a database of another encoding', () => {
    async function within(encoding: string, work: (application: DataSource) => Promise<void>) {
      const name = `${String(its.application.driver.database)}_${encoding.toLowerCase()}`;
      await its.query(
        `CREATE DATABASE ${name} ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
      );
      const url = new URL(its.database.url);
      url.pathname = `/${name}`;
      const application = await new DataSource({ type: 'postgres', url: url.href }).initialize();
      try {
        await work(application);
      } finally {
        await application.destroy();
        await its.query(`DROP DATABASE ${name} WITH (FORCE)`);
      }
    }

    it('that cannot hold all texts is refused at boot', () =>
      within('LATIN1', async (application) => {
        await expect(InboxConnections.open(application)).rejects.toThrow(/encoding LATIN1.*UTF8/);
      }));

    it('that holds bytes as they are (SQL_ASCII) keeps all texts', () =>
      within('SQL_ASCII', async (application) => {
        const connections = await InboxConnections.open(application);
        try {
          await connections.migrate();
          const { store } = connections;
          const texts = { eventId: 'id → 😀', name: 'naïve', orderKey: 'ключ', account: '客' };
          const [{ id } = { id: '' }] = await store.insert([event(texts)]);
          const row = await claimOne(store);
          await store.settle([settlement(row, { to: 'dead', reason: 'rejected', error: '✗ é' })]);
          expect(await store.find(texts)).toMatchObject({ id, ...texts });
          expect(await store.find({ name: texts.name })).toMatchObject({ lastError: '✗ é' });
        } finally {
          await connections.close();
        }
      }));
  });

  it('outlives the loss of all its connections', async () => {
    const store = await its.another();
    await store.insert([event()]);
    await its.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`,
    );
    let stored = 0;
    for (let tried = 0; stored === 0 && tried < 20; tried += 1) {
      stored = await store.insert([event()]).then(
        (results) => results.length,
        () => 0,
      );
    }
    expect(stored).toBe(1);
  });
});
