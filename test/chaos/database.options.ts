import type { DataSourceOptions } from 'typeorm';
import { LimitedSqliteDriver } from './limited-disk.js';
import type { ReplicaOptions } from './replica.options.js';

export function dataSourceOptions(
  kind: ReplicaOptions['kind'],
  url: string,
  poolSize = 10,
): DataSourceOptions {
  switch (kind) {
    case 'postgres':
      return { type: 'postgres', url, poolSize, connectTimeoutMS: 3_000 };
    case 'mariadb':
      return { type: 'mysql', url, poolSize, connectTimeout: 3_000 };
    case 'sqlite':
      return {
        type: 'better-sqlite3',
        database: url.replace(/^sqlite:/, ''),
        driver: LimitedSqliteDriver,
        enableWAL: true,
        // The driver is synchronous: a wait inside it would stop the handler that it waits for.
        timeout: 0,
      };
  }
}
