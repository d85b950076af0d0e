import { DataSource, type DataSourceOptions } from 'typeorm';
import { PayloadFreeLogger } from './payload-free.logger.js';

type Options = Readonly<Record<string, unknown>>;

export const optionsOf = (application: DataSource): Options => ({ ...application.options });

/** A further DataSource for the application's database: what must not happen a second time does not. */
export function ownDataSource(application: DataSource, changed: Options): DataSource {
  const options = {
    ...optionsOf(application),
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    migrations: [],
    cache: false,
    ...changed,
  };
  return new DataSource(options as unknown as DataSourceOptions);
}

/** What keeps the application's entities away from our statements, and our values out of its log. */
export const forOurTables = (application: DataSource): Options => ({
  entities: [],
  subscribers: [],
  logger: new PayloadFreeLogger(application.logger),
});

/** What `use` makes of it once it is initialised; closed again when that fails. */
export async function initialized<Result>(
  own: DataSource,
  use: (own: DataSource) => Promise<Result>,
): Promise<Result> {
  await own.initialize();
  try {
    return await use(own);
  } catch (error) {
    await own.destroy();
    throw error;
  }
}
