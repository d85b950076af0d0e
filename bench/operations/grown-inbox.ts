import type { DataSource } from 'typeorm';
import type { DatabaseKind } from '../../test/databases.js';

const TABLE = 'armox_armalo_inbox';

/** A fresh identity for a copied row. */
const IDENTITY = {
  postgres: (salt: number) => `decode(md5('${salt}-' || id), 'hex')`,
  mariadb: (salt: number) => `UNHEX(MD5(CONCAT('${salt}-', id)))`,
  sqlite: () => 'randomblob(16)',
} as const;

const COPIED =
  'received_at, due_at, finished_at, source, account, name, origin, attempts, body, completed_handlers';

/** Doubles what is there until so many rows are there: one in 500 is dead, as after a bad release. */
export async function growInbox(
  dataSource: DataSource,
  name: DatabaseKind['name'],
  rows: number,
): Promise<void> {
  for (let there = await count(dataSource), salt = 0; there < rows; salt += 1) {
    const dead = "CASE WHEN id % 500 = 0 THEN 'dead' ELSE 'done' END";
    const error = "CASE WHEN id % 500 = 0 THEN 'Handlers.handle: Error: the card was declined' END";
    await dataSource.query(
      `INSERT INTO ${TABLE} (identity, event_id, state, last_error, ${COPIED}) ` +
        `SELECT ${IDENTITY[name](salt)}, event_id, ${dead}, ${error}, ${COPIED} ` +
        `FROM ${TABLE} ORDER BY id LIMIT ${rows - there}`,
    );
    there = await count(dataSource);
  }
  await dataSource.query(name === 'mariadb' ? `ANALYZE TABLE ${TABLE}` : `ANALYZE ${TABLE}`);
}

async function count(dataSource: DataSource): Promise<number> {
  const [row] = await dataSource.query<{ many: string | number }[]>(
    `SELECT COUNT(*) AS many FROM ${TABLE}`,
  );
  return Number(row?.many);
}
