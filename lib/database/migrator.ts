import type { MigrationInterface, QueryRunner } from 'typeorm';
import { column } from './column.js';
import { defineTable, type TableDefinition } from './table.definition.js';
import type { Tables } from './tables.js';

export type MigrationClass = new () => MigrationInterface;

/** Work on a connection while no other replica does such work, by the name of a lock. */
export type Exclusively = (
  lock: string,
  work: (runner: QueryRunner) => Promise<void>,
) => Promise<void>;

/** Makes tables and passes over what is there. TypeORM tells migrations apart by their title, and reads the time off its end. */
export function creation(
  title: string,
  tables: Tables,
  definitions: readonly TableDefinition[],
): MigrationClass {
  const all = definitions.map((definition) => tables.named(definition));
  return class implements MigrationInterface {
    readonly name = title;

    async up(runner: QueryRunner): Promise<void> {
      const statements = all.flatMap((table) => tables.schemaDialect.create(table));
      for (const statement of statements) await runner.query(statement);
    }

    async down(runner: QueryRunner): Promise<void> {
      for (const { sql } of all) await runner.query(`DROP TABLE IF EXISTS ${sql.sql}`);
    }
  };
}

/** Which migrations were run. */
export const historyTable = defineTable({
  name: 'migration',
  columns: { id: column.id(), timestamp: column.time(), name: column.name(255) },
});

/**
 * Runs the migrations that have not been run yet; safe when many replicas start at once. TypeORM's own
 * executor cannot be used: it looks at what the DataSource's migrations table says, and locks nothing.
 */
export function migrate(
  exclusively: Exclusively,
  tables: Tables,
  migrations: readonly MigrationClass[],
): Promise<void> {
  const history = tables.named(historyTable);
  return exclusively(history.name, async (runner) => {
    for (const text of tables.schemaDialect.create(history)) await runner.query(text);
    const done = (await runner.query(`SELECT name FROM ${history.sql.sql}`)) as { name: string }[];
    for (const Migration of migrations) {
      const migration = new Migration();
      const name = String(migration.name);
      if (done.some((row) => row.name === name)) continue;
      await migration.up(runner);
      const timestamp = Number(name.slice(-13));
      await runner.query(
        `INSERT INTO ${history.sql.sql} (timestamp, name) VALUES (${timestamp}, '${name}')`,
      );
    }
  });
}
