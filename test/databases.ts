import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { SqliteDriver } from '../sample-app/database/sqlite.driver.js';

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test';
const MARIADB_URL = process.env['TEST_MARIADB_URL'] ?? 'mysql://root@127.0.0.1:3306/test';

/** A fresh, empty database for one test file. */
export interface TestDatabase {
  /** For `new DataSource(…)` or `TypeOrmModule.forRoot(…)`. */
  readonly options: DataSourceOptions;
  /** In the form of the sample app's DATABASE_URL. */
  readonly url: string;
  drop(): Promise<void>;
}

export interface DatabaseKind {
  readonly name: 'postgres' | 'mariadb' | 'sqlite';
  /** False where no server answers; with REQUIRE_SERVERS=1 that is an error instead. */
  readonly available: boolean;
  create(): Promise<TestDatabase>;
}

const freshName = (): string => `armox_armalo_test_${randomBytes(6).toString('hex')}`;

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function onPostgres(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onMariadb(...statements: string[]): Promise<void> {
  const connection = await mysql.createConnection({ uri: MARIADB_URL, connectTimeout: 5000 });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

async function createPostgres(): Promise<TestDatabase> {
  const name = freshName();
  await onPostgres(`CREATE DATABASE ${name}`);
  const url = withDatabase(POSTGRES_URL, name);
  return {
    options: { type: 'postgres', url },
    url,
    drop: () => onPostgres(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function createMariadb(): Promise<TestDatabase> {
  const name = freshName();
  await onMariadb(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = withDatabase(MARIADB_URL, name);
  return {
    options: { type: 'mysql', url },
    url,
    drop: () => onMariadb(`DROP DATABASE ${name}`),
  };
}

async function createSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'armox-armalo-'));
  const file = join(folder, 'test.sqlite');
  return {
    options: { type: 'better-sqlite3', database: file, driver: SqliteDriver, enableWAL: true },
    url: `sqlite:${file}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function answers(server: string, ask: () => Promise<void>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (process.env['REQUIRE_SERVERS'] === '1') {
      throw new Error(`REQUIRE_SERVERS=1, but ${server} does not answer.`, { cause: error });
    }
    return false;
  }
}

/** The databases that a test file may run against; one that does not answer is listed as not available. */
export async function availableDatabases(): Promise<readonly DatabaseKind[]> {
  const [postgres, mariadb] = await Promise.all([
    answers('PostgreSQL (TEST_POSTGRES_URL)', () => onPostgres('SELECT 1')),
    answers('MariaDB (TEST_MARIADB_URL)', () => onMariadb('SELECT 1')),
  ]);
  return [
    { name: 'sqlite', available: true, create: createSqlite },
    { name: 'postgres', available: postgres, create: createPostgres },
    { name: 'mariadb', available: mariadb, create: createMariadb },
  ];
}

/** One of `availableDatabases()`: `const postgres = await testDatabase('postgres')`. */
export async function testDatabase(name: DatabaseKind['name']): Promise<DatabaseKind> {
  const found = (await availableDatabases()).find((database) => database.name === name);
  return found as DatabaseKind;
}

/** `describe` that shows as skipped where the database does not answer. */
export function describeOn(database: DatabaseKind, title: string, body: () => void): void {
  const name = `${title} on ${database.name}`;
  if (database.available) describe(name, body);
  else describe.skip(`${name} (no server answers)`, () => it('is skipped', () => undefined));
}
