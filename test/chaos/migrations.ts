import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { InboxConnections } from '../../lib/inbox/index.js';
import { inboxMigrations } from '../../lib/module/inbox.migrations.js';
import { sourceTables } from '../source.tables.js';
import type { DatabaseKind } from '../databases.js';
import { dataSourceOptions } from './database.options.js';
import { violation } from './deliveries.js';
import { createEffectTables } from './effects.js';
import { Fleet } from './fleet.js';
import type { Scenario, World } from './scenario.js';
import { Sender } from './sender.js';

const REPLICAS = 20;

/** All replicas of a first deploy migrate at once. */
export const migrations: Scenario = {
  name: 'migrations',
  about:
    '20 replicas migrate an empty database, and one of the previous schema, at the same moment',
  databases: ['sqlite', 'postgres', 'mariadb'],
  async run(world: World, kind: DatabaseKind) {
    const { findings } = world;
    for (const previous of [false, true]) {
      const database = await kind.create();
      const open = (): Promise<DataSource> =>
        new DataSource(dataSourceOptions(kind.name, database.url, 1)).initialize();
      const first = await open();
      if (previous) await migrateToPrevious(first);
      const applications = await Promise.all(Array.from({ length: REPLICAS }, open));
      const opened = await Promise.all(
        applications.map((application) =>
          InboxConnections.open(application, { tables: sourceTables }),
        ),
      );
      const outcomes = await Promise.allSettled(opened.map((one) => one.migrate()));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') findings.wrong(`a migration failed: ${outcome.reason}`);
      }
      await Promise.all(opened.map((one) => one.assertSchema()));
      const history = await first.query<{ name: string; times: number | string }[]>(
        'SELECT name, COUNT(*) AS times FROM armox_armalo_migration GROUP BY name',
      );
      const expected = inboxMigrations({ type: first.options.type }).length;
      findings.check(history.length === expected, `${history.length} of ${expected} migrations`);
      for (const { name, times } of history) {
        if (Number(times) !== 1) findings.doubled(name, `${times} times`);
      }
      await Promise.all(opened.map((one) => one.close()));
      await Promise.all([first, ...applications].map((one) => one.destroy()));
      await database.drop();
    }
    if (kind.name !== 'sqlite') await processes(world, kind);
    findings.figure('replicas', REPLICAS);
  },
};

async function migrateToPrevious(dataSource: DataSource): Promise<void> {
  const { type } = dataSource.options;
  const [First] = inboxMigrations({ type });
  const runner = dataSource.createQueryRunner();
  if (First) await new First().up(runner);
  await runner.release();
}

/** Whole applications on a database without any tables: the first event of each has its row. */
async function processes({ findings, random, short }: World, kind: DatabaseKind): Promise<void> {
  const database = await kind.create();
  const dataSource = await new DataSource(
    dataSourceOptions(kind.name, database.url, 2),
  ).initialize();
  await createEffectTables(dataSource);
  const fleet = new Fleet();
  const sender = new Sender(fleet.ports, random);
  try {
    const count = short ? 3 : REPLICAS;
    const replicas = Array.from({ length: count }, (_, index) =>
      fleet.start({ name: `first-${index}`, kind: kind.name, url: database.url, appPool: 2 }),
    );
    const ready = await Promise.all(replicas.map((replica) => replica.ready()));
    findings.check(ready.every(Boolean), 'an application did not start');
    for (const [index, { port }] of replicas.entries()) {
      const { path, request } = violation(`first-${index}`);
      const answer = await sender.post(port ?? 0, path, request);
      findings.check(answer.status === 200, `an application answered ${answer.status}`);
    }
    await pause(100);
    await fleet.terminate();
    for (const error of fleet.unhandled()) findings.wrong(error);
  } finally {
    await fleet.kill();
    sender.close();
    await dataSource.destroy();
    await database.drop();
  }
}
