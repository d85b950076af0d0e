import { MysqlDialect } from '../../lib/inbox/dialect.js';
import { MysqlInsert } from '../../lib/inbox/mysql.insert.js';
import { MYSQL } from '../../lib/inbox/server.connections.js';
import { ServerDatabase } from '../../lib/inbox/server.database.js';
import { describeOn, testDatabase } from '../databases.js';
import { handlerSuite } from './handler-suite.js';
import { planSuite } from './plan-suite.js';
import { serverSuite } from './server-suite.js';
import { staleSuite } from './stale-suite.js';
import { bench, claimOne, event, LEASE, storeSuite } from './store-suite.js';
import { upkeepSuite } from './upkeep-suite.js';

const database = await testDatabase('mariadb');

describeOn(database, 'the inbox store', () => {
  const its = bench(database);
  storeSuite(its);
  staleSuite(its);
  handlerSuite(its);
  upkeepSuite(its);
  serverSuite(its);
  planSuite(its, {
    family: 'mysql',
    explain: 'EXPLAIN',
    scans: (plan) =>
      /"select_type":"(?!INSERT)[A-Z ]+","table":"(armox_armalo_inbox|[row])","type":"(ALL|index)"/.test(
        plan,
      ),
    analyze: 'ANALYZE TABLE armox_armalo_inbox',
    dialect: () => new MysqlDialect(its.clock),
    insert: (dialect, tables) => new MysqlInsert(dialect, tables),
    database: (application) => new ServerDatabase(application, MYSQL),
  });

  it('does not mark a handler whose transaction the database has ended behind its back', async () => {
    const [{ id } = { id: '' }] = await its.store.insert([event()]);
    const row = await claimOne(its.store);
    await expect(
      its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(`INSERT INTO ${its.effects} (text) VALUES ('lost')`);
        // As a deadlock does, whose error the handler swallows.
        await manager.query('ROLLBACK');
      }),
    ).rejects.toBeDefined();
    expect((await its.store.find({ id }))?.handled).toEqual([]);
  });
});
