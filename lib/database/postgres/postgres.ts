import type { DataSource } from 'typeorm';
import type { DatabaseDriver, OpenDatabase, OpenOptions } from '../database.driver.js';
import { forOurTables, initialized, optionsOf, ownDataSource } from '../own.data-source.js';
import { ServerDatabase } from '../server.database.js';
import { serverPoolSizeOf } from '../server.js';
import { ServerTransactions } from '../server.transactions.js';
import { PostgresDialect } from './postgres.dialect.js';
import { assertPostgresCarries, postgresFacts } from './postgres.facts.js';
import { postgresInsert } from './postgres.insert.js';
import { PostgresListener } from './postgres.listener.js';
import { exclusivelyOnPostgres } from './postgres.lock.js';
import { postgresSchema } from './postgres.schema.js';
import { PostgresServer } from './postgres.server.js';

export const postgres: DatabaseDriver = {
  types: ['postgres'],
  schemaDialect: postgresSchema,
  poolSizeOf: serverPoolSizeOf,
  open: (application, options) =>
    initialized(ownPool(application, options), (own) => opened(application, own, options)),
};

/** From the application's options: same driver, server, credentials. */
function ownPool(application: DataSource, { poolSize, connectTimeout }: OpenOptions): DataSource {
  // One more, for LISTEN.
  const max = poolSize + 1;
  const { extra } = optionsOf(application);
  return ownDataSource(application, {
    ...forOurTables(application),
    extra: {
      ...(extra as object | undefined),
      max,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
    },
    poolSize: max,
    connectTimeoutMS: connectTimeout,
    installExtensions: false,
  });
}

async function opened(
  application: DataSource,
  own: DataSource,
  { clock }: OpenOptions,
): Promise<OpenDatabase> {
  const named = optionsOf(application)['schema'] as string | undefined;
  const facts = await postgresFacts(own, named);
  assertPostgresCarries(facts);
  const { schema } = facts;
  const dialect = new PostgresDialect(clock);
  const server = new PostgresServer();
  const database = new ServerDatabase(own, server);
  return {
    database,
    dialect,
    schema,
    place: { type: application.options.type, schema },
    inserts: postgresInsert,
    rowTransactions: new ServerTransactions(application, database, dialect, server),
    exclusively: exclusivelyOnPostgres(own, schema),
    largestValue: () => undefined,
    joins: () => false,
    listen: (channel, wake) => new PostgresListener(own, channel, wake).start(),
    close: () => database.close(),
  };
}
