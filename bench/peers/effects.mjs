import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export const UPDATE = 'UPDATE bench_effect SET n = n + 1 WHERE id = $1';

/** Prepared, as each of the peers would be at its best. */
export const update = (client, number) =>
  client.query({ name: 'bench_effect', text: UPDATE, values: [number % 1_000] });

export const pool = (databaseUrl, max) => new pg.Pool({ connectionString: databaseUrl, max });

export async function inTransaction(client, work) {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Resolves when `isDone` does with true; asked every two milliseconds. */
export async function until(isDone) {
  while (!(await isDone())) await pause(2);
}
