import { Pool } from 'pg';

/** @param max default: 10, as pg has it */
export function openPool(connectionString: string, max = 10): Pool {
  const pool = new Pool({ connectionString, max });
  pool.on('error', (error) => console.error(error));
  return pool;
}
