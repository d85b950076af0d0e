import type { DataSource } from 'typeorm';

/** Of `pg` and of `mysql2`. */
const DEFAULT_POOL = 10;

/** Connections that the pool of a PostgreSQL or MySQL/MariaDB DataSource opens at most. */
export function poolSizeOf({ options }: DataSource): number {
  const { poolSize, extra } = options as {
    poolSize?: number;
    extra?: { max?: number; connectionLimit?: number };
  };
  // TypeORM lets `extra` win.
  return extra?.max ?? extra?.connectionLimit ?? poolSize ?? DEFAULT_POOL;
}
