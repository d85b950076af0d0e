import type { DataSource } from 'typeorm';
import { InboxSchemaError } from '../../core/index.js';
import type { Exclusively } from '../migrator.js';

export const exclusivelyOnMysql =
  (own: DataSource): Exclusively =>
  async (name, work) => {
    const runner = own.createQueryRunner('master');
    // Locks have no database of their own there, so its name is in theirs; 64 characters at most.
    const lock = `CONCAT('${name}:', LEFT(MD5(DATABASE()), 16))`;
    try {
      const [row] = (await runner.query(`SELECT GET_LOCK(${lock}, 60) AS got`)) as {
        got: unknown;
      }[];
      if (Number(row?.got) !== 1) {
        throw new InboxSchemaError(
          'Another replica has been migrating the tables for a minute, so this one did not. Start it again when that one is done.',
        );
      }
      await work(runner);
    } finally {
      await runner.query(`SELECT RELEASE_LOCK(${lock})`).catch(() => undefined);
      await runner.release();
    }
  };
