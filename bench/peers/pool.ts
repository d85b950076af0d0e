import { Pool } from 'pg';

/** @param max default: 10, as pg has it */
export function openPool(connectionString: string, max = 10): Pool {
  const pool = new Pool({ connectionString, max });
  const tell = (error: Error): void => console.error(error);
  pool.on('error', tell);
  pool.on('connect', (client) => client.on('error', tell));
  return pool;
}
