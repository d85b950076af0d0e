import { DataSource } from 'typeorm';
import type { BenchOptions } from '../bench.options.js';
import { withDatabase } from './race.bench.js';

/** Done rows as each subject keeps them; graphile-worker and BullMQ keep none. */
const DONE: Readonly<Record<string, readonly string[]>> = {
  module: [
    `INSERT INTO armox_armalo_inbox (identity, due_at, received_at, finished_at, state, origin, source, account,
      event_id, name, completed_handlers, attempts, body)
      SELECT decode(md5('done' || g), 'hex'), g, g, g, 'done', 'webhook', 'armalo', '', 'done-' || g, 'pact.violated',
        '["Race.handle"]', 1, convert_to('{"event":"pact.violated"}', 'utf8') FROM generate_series(1, $1::int) g`,
    'VACUUM ANALYZE armox_armalo_inbox',
  ],
  'pg-boss': [
    `INSERT INTO pgboss.job (name, data, state, completed_on, started_on)
      SELECT 'race', '{"number":1}', 'completed', now(), now() FROM generate_series(1, $1::int) g`,
    'VACUUM ANALYZE pgboss.job',
  ],
};

/**
 * Puts done rows into the tables of a subject, and holds a transaction open beside it, where they are asked for.
 * @returns what ends that transaction
 */
export async function loadTables(
  name: string,
  url: string,
  { ballast, longTransaction }: Pick<BenchOptions, 'ballast' | 'longTransaction'>,
): Promise<() => Promise<void>> {
  const [insert, vacuum] = DONE[name] ?? [];
  if (ballast > 0 && insert && vacuum) {
    await withDatabase(url, async (database) => {
      await database.query(insert, [ballast]);
      await database.query(vacuum);
    });
  }
  if (!longTransaction) return () => Promise.resolve();
  const holder = await new DataSource({ type: 'postgres', url }).initialize();
  const runner = holder.createQueryRunner();
  await runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await runner.query('SELECT count(*) FROM bench_effect');
  return async () => {
    await runner.query('ROLLBACK');
    await runner.release();
    await holder.destroy();
  };
}
