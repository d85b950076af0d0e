import type { DataSource } from 'typeorm';
import { forOurTables, ownDataSource } from '../own.data-source.js';

/** Databases that have one connection only. */
export function isInMemory(application: DataSource): boolean {
  const { type, database } = application.options as { type: string; database?: unknown };
  if (type === 'sqljs') return true;
  const name = typeof database === 'string' ? database : '';
  return name === '' || name.includes(':memory:') || name.includes('mode=memory');
}

/** A second connection to the application's file, for our statements. */
export const ownConnection = (application: DataSource): Promise<DataSource> =>
  opened(application, forOurTables(application));

/** A third one, for transactional handlers: with the application's entities and subscribers. */
export async function handlersConnection(application: DataSource): Promise<DataSource> {
  const own = await opened(application, {});
  // Subscribers that Nest has made put themselves into the list, which the options know nothing of.
  const known = new Set(own.subscribers.map((subscriber) => subscriber.constructor));
  own.subscribers.push(...application.subscribers.filter((one) => !known.has(one.constructor)));
  return own;
}

async function opened(application: DataSource, changed: object): Promise<DataSource> {
  const own = ownDataSource(application, { ...changed, enableWAL: false, timeout: 0 });
  await own.initialize();
  // Once more, for an application that sets a timeout in `prepareDatabase`: a wait in the driver stops the process.
  await own.query('PRAGMA busy_timeout = 0');
  return own;
}
