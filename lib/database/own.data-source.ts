import { DataSource, type DataSourceOptions } from 'typeorm';
import { PayloadFreeLogger } from './payload-free.logger.js';

type Changeable = Record<string, unknown>;

const options = (application: DataSource): Changeable => ({ ...application.options });

const make = (changed: Changeable): DataSource =>
  new DataSource(changed as unknown as DataSourceOptions);

/** What must not happen a second time, or to our tables. */
const QUIET = {
  synchronize: false,
  migrationsRun: false,
  dropSchema: false,
  migrations: [],
  cache: false,
} as const;

/** Our own pool, from the application's options: same driver, server, credentials. */
export function ownPool(
  application: DataSource,
  poolSize: number,
  connectTimeout: number,
): DataSource {
  const given = options(application);
  const postgres = given['type'] === 'postgres';
  const extra = {
    ...(given['extra'] as Changeable | undefined),
    ...(postgres
      ? { max: poolSize, connectionTimeoutMillis: connectTimeout, keepAlive: true }
      : { connectionLimit: poolSize, connectTimeout }),
  };
  return make({
    ...given,
    ...QUIET,
    entities: [],
    subscribers: [],
    extra,
    poolSize,
    logger: new PayloadFreeLogger(application.logger),
    ...(postgres
      ? { installExtensions: false, connectTimeoutMS: connectTimeout }
      : { connectTimeout, charset: 'utf8mb4' }),
  });
}

/** A second connection to the application's SQLite file, for our statements. */
export async function ownSqlite(application: DataSource): Promise<DataSource> {
  const logger = new PayloadFreeLogger(application.logger);
  return openedSqlite({ ...options(application), ...QUIET, entities: [], subscribers: [], logger });
}

/** A third one, for transactional handlers: with the application's entities and subscribers. */
export async function handlersSqlite(application: DataSource): Promise<DataSource> {
  const own = await openedSqlite({ ...options(application), ...QUIET });
  // Subscribers that Nest has made put themselves into the list, which the options know nothing of.
  const known = new Set(own.subscribers.map((subscriber) => subscriber.constructor));
  own.subscribers.push(...application.subscribers.filter((one) => !known.has(one.constructor)));
  return own;
}

async function openedSqlite(changed: Changeable): Promise<DataSource> {
  const own = make({ ...changed, enableWAL: false, timeout: 0 });
  await own.initialize();
  // Once more, for an application that sets a timeout in `prepareDatabase`: a wait in the driver stops the process.
  await own.query('PRAGMA busy_timeout = 0');
  return own;
}

/** Databases that have one connection only. */
export function isInMemory(application: DataSource): boolean {
  const { type, database } = application.options as { type: string; database?: unknown };
  if (type === 'sqljs') return true;
  const name = typeof database === 'string' ? database : '';
  return name === '' || name.includes(':memory:') || name.includes('mode=memory');
}
