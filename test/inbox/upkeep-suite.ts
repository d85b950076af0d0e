import { DataSource } from 'typeorm';
import { neededParts, presentParts } from '../../lib/database/index.js';
import { InboxConnections, type InboxStore } from '../../lib/inbox/index.js';
import { inboxMigrations } from '../../lib/module/inbox.migrations.js';
import { sourceTables } from '../source.tables.js';
import { claimOne, event, LEASE, settlement, type Bench } from './store-suite.js';
import { storedEvents } from '../event.lists.js';

const DAY = 86_400_000;
const BATCH = 50;

const INDEX = {
  postgres: "SELECT 1 FROM pg_indexes WHERE indexname = 'old_occurred'",
  mysql: `SELECT DISTINCT 1 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name = 'old_occurred'`,
  'better-sqlite3': "SELECT 1 FROM sqlite_master WHERE name = 'old_occurred'",
};

/** What is done to tables that are in use: upgrades and retention. */
export function upkeepSuite(its: Bench): void {
  describe('an upgrade', () => {
    const all = () => inboxMigrations({ type: its.application.options.type, tablePrefix: 'old' });

    /** As the version of the package that knew `count` migrations had left it. */
    async function previousSchema(count: number): Promise<DataSource> {
      const application = new DataSource({
        ...its.database.options,
        migrations: all().slice(0, count),
        migrationsTableName: 'old_migration',
      });
      await application.initialize();
      await application.runMigrations();
      return application;
    }

    async function dropped(application: DataSource): Promise<void> {
      for (const Migration of all().reverse()) {
        await new Migration().down(application.createQueryRunner()).catch(() => undefined);
      }
      await application.query('DROP TABLE old_migration');
      await application.destroy();
    }

    it('from every previous schema keeps the events, with a dozen replicas starting at once', async () => {
      for (let count = 1; count < all().length; count += 1) {
        const application = await previousSchema(count);
        const connections: InboxConnections[] = [];
        const open = async () => {
          const opened = await InboxConnections.open(its.application, {
            tablePrefix: 'old',
            tables: sourceTables,
            poolSize: 2,
          });
          connections.push(opened);
          return opened;
        };
        try {
          const { store } = await open();
          const rows = [2_000, 1_000].map((occurredAt) => event({ orderKey: 'agent', occurredAt }));
          const [newer, older] = await store.insert(rows);
          await store.settle([
            settlement(await claimOne(store), { to: 'done' }, { completedHandlers: ['A.b'] }),
          ]);
          const before = await storedEvents(store);

          // All have to be open, or known to have failed, before any is closed below.
          await Promise.allSettled(Array.from({ length: 12 }, open));
          const replicas = connections.slice(1);
          expect(replicas).toHaveLength(12);
          await Promise.all(replicas.map((each) => each.migrate()));
          await Promise.all(replicas.map((each) => each.assertSchema()));

          expect(await storedEvents(store)).toEqual(before);
          expect(await store.newerApplied(String(older?.id), 'A.b')).toBe(newer?.id);
          const history: unknown = await application.query(
            'SELECT name FROM old_migration ORDER BY id',
          );
          expect(history).toEqual(all().map((Migration) => ({ name: new Migration().name })));
          expect(
            await application.query(INDEX[application.options.type as keyof typeof INDEX]),
          ).toHaveLength(1);
        } finally {
          for (const each of connections) await each.close();
          await dropped(application);
        }
      }
    });
  });

  describe('tables of an older version', () => {
    /** Each way to have the module's tables of before the newest migration. */
    const outdated: readonly (readonly [part: string, statement: () => string])[] = [
      ['the table `stale_watch`', () => 'DROP TABLE stale_watch'],
      ['the column `stale_job.absences`', () => 'ALTER TABLE stale_job DROP COLUMN absences'],
      [
        'the index `stale_inbox.stale_occurred`',
        () =>
          `DROP INDEX stale_occurred${its.database.options.type === 'mysql' ? ' ON stale_inbox' : ''}`,
      ],
    ];

    const open = () =>
      InboxConnections.open(its.application, { tablePrefix: 'stale', tables: sourceTables });

    it.each(outdated)('are refused, naming what is missing: %s', async (part, statement) => {
      const connections = await open();
      try {
        await connections.migrate();
        await its.query(statement());
        const next = await open();
        const told = next.assertSchema().finally(() => next.close());
        const { type } = its.application.options;
        const schema = type === 'postgres' ? ", schema: 'public'" : '';
        await expect(told).rejects.toMatchObject({
          code: 'ARMOX_ARMALO_SCHEMA',
          message: `T${part.slice(1)} is missing, so events cannot be stored and handled. Either set the option \`migrationsRun: true\`, or add \`...inboxMigrations({ type: '${type}', tablePrefix: 'stale'${schema} })\` to the \`migrations\` of your own DataSource and run them. Where the module has \`sources\`, name the same there.`,
        });
        await expect(connections.assertSchema()).rejects.toThrow(/`stale_migration` says/);
      } finally {
        await connections.close();
        for (const table of [
          ...['inbox', 'attempt', 'leader_lock', 'replica', 'alone', 'job', 'watch', 'migration'],
        ]) {
          await its.query(`DROP TABLE IF EXISTS stale_${table}`);
        }
      }
    });

    it('are told from those of this version by each table, column and index that a migration makes', async () => {
      const connections = await InboxConnections.open(its.application, { tables: sourceTables });
      try {
        const { database, tables } = connections.parts;
        const present = await presentParts(database, tables);
        expect([...present].sort()).toEqual([...neededParts(tables)].sort());
      } finally {
        await connections.close();
      }
    });
  });

  it('forgets notes and redeliveries with their event, and an operation with its set 30 days after its end', async () => {
    const { store } = its;
    const [stored] = await store.insert([event({ invalid: 'data.x breaks isNumber.' })]);
    const id = String(stored?.id);
    await store.redeliveries.add([{ id, count: 1, lastAt: 1 }]);
    await store.audit.addNote(id, 'olga', 'Asked the bank.');
    const operation = await store.operations.start({
      ...{ id: '1', action: 'discard', pace: 'all', rerunAll: false, by: 'olga' },
      filter: { id },
    });
    await store.operations.step(operation, 500);
    await store.operations.turn('1', { from: ['running'], to: 'done' });
    const periods = { payload: 20 * DAY, row: 40 * DAY, dead: null };
    const prune = async () => {
      while ((await store.prune(periods, BATCH)) > 0);
    };
    its.clock.pass(29 * DAY);
    await prune();
    expect(await store.operations.find('1')).toMatchObject({ changed: 1 });
    its.clock.pass(2 * DAY);
    await prune();
    expect(await store.operations.find('1')).toBeUndefined();
    const [left] = await its.query('SELECT COUNT(*) AS many FROM armox_armalo_operation_item');
    expect(Number(left?.['many'])).toBe(0);
    expect(await store.audit.notes(id)).toHaveLength(1);
    expect(await store.redeliveries.of(id)).toMatchObject({ count: 1 });
    its.clock.pass(10 * DAY);
    await prune();
    expect(await store.audit.notes(id)).toEqual([]);
    expect(await store.redeliveries.of(id)).toMatchObject({ count: 0 });
  });

  it('forgets what operators have done after 400 days', async () => {
    const { store } = its;
    const record = (by: string) =>
      store.audit.record({ by, action: 'replay', about: 'Event 1', events: 1 });
    const periods = { payload: 20 * DAY, row: 40 * DAY, dead: null };
    await record('olga');
    its.clock.pass(400 * DAY);
    await record('victor');
    while ((await store.prune(periods, BATCH)) > 0);
    expect((await store.audit.list(undefined)).entries.map(({ by }) => by)).toEqual([
      'victor',
      'olga',
    ]);
    its.clock.pass(1);
    while ((await store.prune(periods, BATCH)) > 0);
    expect((await store.audit.list(undefined)).entries.map(({ by }) => by)).toEqual(['victor']);
  });

  describe('prune under load', () => {
    const periods = { payload: 14 * DAY, row: 180 * DAY, dead: null };

    async function done(count: number): Promise<void> {
      const rows = Array.from({ length: count }, (_, index) =>
        event({ orderKey: index % 10 === 0 ? `key-${index}` : null }),
      );
      await its.store.insert(rows);
      const claimed = await its.store.claim(count, LEASE);
      expect(claimed).toHaveLength(count);
      await its.store.settle(claimed.map((row) => settlement(row, { to: 'done' })));
    }

    async function pruned(store: InboxStore): Promise<number> {
      for (let sum = 0; ;) {
        const changed = await store.prune(periods, BATCH);
        expect(changed).toBeLessThanOrEqual(BATCH);
        if (changed === 0) return sum;
        sum += changed;
      }
    }

    it('drains in batches while events come and go, and takes none that is not over', async () => {
      const [unfinished, dead] = await its.store.insert([
        event({ name: 'unfinished' }),
        event({ name: 'dead' }),
        event(),
      ]);
      const early = await its.store.claim(10, LEASE);
      await its.store.settle(
        early.map((row) =>
          row.id === dead?.id
            ? settlement(row, { to: 'dead', reason: 'rejected', error: 'x' })
            : row.id === unfinished?.id
              ? settlement(row, { to: 'retry', inMs: 300 * DAY, error: 'x' })
              : settlement(row, { to: 'done' }),
        ),
      );
      await done(400);
      its.clock.pass(185 * DAY);
      await done(300);
      its.clock.pass(15 * DAY);

      const [pruner, worker, other] = [
        await its.another(),
        await its.another(),
        await its.another(),
      ];
      const fresh: string[] = [];
      const handled: string[] = [];
      let coming = true;
      const come = async () => {
        for (let batch = 0; batch < 30; batch += 1) {
          const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) =>
            event({ name: 'fresh', orderKey: index < 3 ? `agent-${index}` : null }),
          );
          fresh.push(...(await its.store.insert(rows)).map(({ id }) => id));
        }
        coming = false;
      };
      const work = async () => {
        for (;;) {
          const last = !coming;
          const rows = await worker.claim(20, LEASE);
          await worker.settle(rows.map((row) => settlement(row, { to: 'done' })));
          handled.push(...rows.map(({ id }) => id));
          if (rows.length === 0 && last) return;
          if (rows.length === 0) await new Promise(setImmediate);
        }
      };
      const [first, second] = await Promise.all([pruned(pruner), pruned(other), come(), work()]);

      // What one pruner had locked when the other looked for the last time is left to the next run.
      expect(first + second + (await pruned(pruner))).toBe(401 + 300);
      expect(fresh).toHaveLength(300);
      expect([...handled].sort()).toEqual([...fresh].sort());
      const left = await storedEvents(its.store);
      expect(left.filter(({ name }) => name === 'fresh').every(({ body }) => body !== null)).toBe(
        true,
      );
      expect(left.filter(({ body }) => body === null)).toHaveLength(300);
      expect(left).toHaveLength(2 + 300 + 300);
      expect(await its.store.find({ name: 'dead' })).toMatchObject({ state: 'dead' });
      expect(await its.store.find({ name: 'unfinished' })).toMatchObject({ state: 'open' });
      expect(await its.store.violations()).toEqual([]);
    });
  });
}
