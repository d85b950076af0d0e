import type { QueryRunner } from 'typeorm';
import { SchemaError } from '../core/index.js';
import { only } from './database.js';
import { inboxMigrations } from './inbox.migrations.js';
import { sql, type Sql } from './sql.js';
import type { StoreParts } from './store.parts.js';

/** A connection on which no other replica can run the migrations at the same time. */
export type Exclusively = (work: (runner: QueryRunner) => Promise<void>) => Promise<void>;

/** Whether our tables are there, and how they come to be. */
export class InboxSchema {
  constructor(
    private readonly parts: StoreParts,
    private readonly exclusively: Exclusively,
  ) {}

  /** Runs what has not been run yet; safe when many replicas start at once. */
  async migrate(): Promise<void> {
    await this.exclusively((runner) => this.run(runner));
  }

  /** @throws SchemaError that names the missing table and the two ways to make it */
  async assert(): Promise<void> {
    const { names } = this.parts.tables;
    for (const name of [
      names.inbox,
      names.attempt,
      names.duty,
      names.replica,
      names.alone,
      names.job,
      names.watch,
    ]) {
      if (await this.exists(name)) continue;
      throw new SchemaError(
        `The table \`${name}\` is missing, so no event can be stored. Either set the option \`migrationsRun: true\`, ` +
          'or add `...inboxMigrations({ type })` to the `migrations` of your own DataSource and run them.',
      );
    }
  }

  private async exists(name: string): Promise<boolean> {
    const rows = await this.parts.database.read(() => only(this.lookUp(name)));
    return rows.length > 0;
  }

  private lookUp(name: string): Sql {
    const { dialect, tables } = this.parts;
    switch (dialect.family) {
      case 'postgres':
        return tables.schema === undefined
          ? sql`SELECT 1 AS found WHERE to_regclass(quote_ident(${name})) IS NOT NULL`
          : sql`SELECT 1 AS found FROM pg_tables WHERE schemaname = ${tables.schema} AND tablename = ${name}`;
      case 'mysql':
        return sql`SELECT 1 AS found FROM information_schema.tables
          WHERE table_schema = DATABASE() AND table_name = ${name}`;
      case 'sqlite':
        return sql`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${name}`;
    }
  }

  /** TypeORM's own executor cannot be used: it looks at what the DataSource's migrations table says, and locks nothing. */
  private async run(runner: QueryRunner): Promise<void> {
    const { dialect, tables } = this.parts;
    const history = tables.migration.sql;
    const id = {
      postgres: 'bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
      mysql: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
      sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    }[dialect.family];
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${history} (id ${id}, timestamp BIGINT NOT NULL, name VARCHAR(255) NOT NULL)`,
    );
    const done = (await runner.query(`SELECT name FROM ${history}`)) as { name: string }[];
    const { prefix, schema } = tables;
    for (const Migration of inboxMigrations({ type: TYPES[dialect.family], prefix, schema })) {
      const migration = new Migration();
      const name = String(migration.name);
      if (done.some((row) => row.name === name)) continue;
      await migration.up(runner);
      const timestamp = Number(name.slice(-13));
      await runner.query(
        `INSERT INTO ${history} (timestamp, name) VALUES (${timestamp}, '${name}')`,
      );
    }
  }
}

const TYPES = { postgres: 'postgres', mysql: 'mysql', sqlite: 'better-sqlite3' } as const;
