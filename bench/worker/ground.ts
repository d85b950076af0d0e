import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DatabaseKind } from '../../test/databases.js';

/** A database as a run of the race finds it; each run has one of its own. */
export interface Ground {
  open(): Promise<GroundDatabase>;
  drop(): Promise<void>;
}

export interface GroundDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** @param prepare fills an empty database, and has no connection to it afterwards */
export async function groundOn(
  kind: DatabaseKind,
  prepare: (url: string) => Promise<void>,
): Promise<Ground> {
  return kind.name === 'postgres' ? copiedGround(kind, prepare) : filledGround(kind, prepare);
}

/** Filled once and copied for each run, since millions of rows take their time. */
async function copiedGround(
  kind: DatabaseKind,
  prepare: (url: string) => Promise<void>,
): Promise<Ground> {
  const filled = await kind.create();
  try {
    await prepare(filled.url);
    await onServer(filled.url, 'VACUUM ANALYZE');
  } catch (error) {
    await filled.drop();
    throw error;
  }
  const server = withDatabase(filled.url, 'postgres');
  const template = new URL(filled.url).pathname.slice(1);
  return {
    open: async () => {
      const name = `armox_armalo_bench_${randomBytes(6).toString('hex')}`;
      await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
      // Else the copy is still being written to the disk while the subject runs.
      await onServer(server, 'CHECKPOINT');
      return {
        url: withDatabase(filled.url, name),
        drop: () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`),
      };
    },
    drop: () => filled.drop(),
  };
}

async function filledGround(
  kind: DatabaseKind,
  prepare: (url: string) => Promise<void>,
): Promise<Ground> {
  return {
    open: async () => {
      const database = await kind.create();
      await prepare(database.url);
      return database;
    },
    drop: async () => undefined,
  };
}

/** A transaction elsewhere that still sees all that is there now, so that nothing can be vacuumed. */
export async function holdSnapshot(url: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await client.query('SELECT 1 FROM pg_class LIMIT 1');
  return () => client.end();
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
