import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { CreateSampleTables1700000000000 } from './schema.migration.js';
import { SqliteDriver } from './sqlite.driver.js';

/** `postgres://…`, `mysql://…` or `sqlite:<file>`. */
export function databaseOptions(url: string): TypeOrmModuleOptions {
  const common = {
    autoLoadEntities: true,
    migrations: [CreateSampleTables1700000000000],
    migrationsRun: true,
    // Replicas that start at once may meet in the migration; the second try finds it done.
    retryDelay: 500,
  };
  if (/^postgres(ql)?:/.test(url)) return { ...common, type: 'postgres', url };
  if (/^(mysql|mariadb):/.test(url)) {
    return { ...common, type: 'mysql', url: url.replace(/^mariadb:/, 'mysql:') };
  }
  const file = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (file === undefined) {
    throw new Error('DATABASE_URL must begin with postgres://, mysql:// or sqlite:');
  }
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return {
    ...common,
    type: 'better-sqlite3',
    driver: SqliteDriver,
    database: file,
    enableWAL: true,
  };
}
