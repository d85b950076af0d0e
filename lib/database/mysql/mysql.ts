import type { DataSource } from 'typeorm';
import type { DatabaseDriver, OpenDatabase, OpenOptions } from '../database.driver.js';
import { forOurTables, initialized, optionsOf, ownDataSource } from '../own.data-source.js';
import { ServerDatabase } from '../server.database.js';
import { serverPoolSizeOf } from '../server.js';
import { ServerTransactions } from '../server.transactions.js';
import { MysqlDialect } from './mysql.dialect.js';
import { assertMysqlCarries, mysqlFacts } from './mysql.facts.js';
import { MysqlInsert } from './mysql.insert.js';
import { exclusivelyOnMysql } from './mysql.lock.js';
import { mysqlSchema } from './mysql.schema.js';
import { mysqlServer } from './mysql.server.js';

/** MySQL and MariaDB. */
export const mysql: DatabaseDriver = {
  types: ['mysql', 'mariadb'],
  schemaDialect: mysqlSchema,
  poolSizeOf: serverPoolSizeOf,
  open: (application, options) =>
    initialized(ownPool(application, options), (own) => opened(application, own, options)),
};

/** From the application's options: same driver, server, credentials. */
function ownPool(application: DataSource, { poolSize, connectTimeout }: OpenOptions): DataSource {
  const { extra } = optionsOf(application);
  return ownDataSource(application, {
    ...forOurTables(application),
    extra: { ...(extra as object | undefined), connectionLimit: poolSize, connectTimeout },
    poolSize,
    connectTimeout,
    charset: 'utf8mb4',
  });
}

async function opened(
  application: DataSource,
  own: DataSource,
  { clock }: OpenOptions,
): Promise<OpenDatabase> {
  const facts = await mysqlFacts(own);
  assertMysqlCarries(facts);
  const dialect = new MysqlDialect(clock);
  const database = new ServerDatabase(own, mysqlServer);
  const inserts = new MysqlInsert(facts.longestStatement);
  return {
    database,
    dialect,
    schema: facts.schema,
    place: { type: application.options.type },
    inserts,
    rowTransactions: new ServerTransactions(application, database, dialect, mysqlServer),
    exclusively: exclusivelyOnMysql(own),
    largestValue: (beside) => inserts.largestValue(beside),
    joins: () => false,
    listen: () => Promise.resolve(() => Promise.resolve()),
    close: () => database.close(),
  };
}
