import type { QueryRunner } from 'typeorm';
import { InboxSchemaError } from '../core/index.js';
import { presentSchema } from './inbox.catalog.js';
import { neededSchema } from './inbox.definition.js';
import { inboxMigrations } from './inbox.migrations.js';
import { DEFAULT_PREFIX } from './inbox.tables.js';
import type { InboxDatabase } from './inbox.database.js';

/** A connection on which no other replica can run the migrations at the same time. */
export type Exclusively = (work: (runner: QueryRunner) => Promise<void>) => Promise<void>;

/** Whether our tables are there, and how they come to be. */
export class InboxSchema {
  private migrated = false;

  constructor(
    private readonly parts: InboxDatabase,
    private readonly exclusively: Exclusively,
    /** `type` of the application's DataSource. */
    private readonly type: string,
  ) {}

  /** Runs what has not been run yet; safe when many replicas start at once. */
  async migrate(): Promise<void> {
    await this.exclusively((runner) => this.run(runner));
    this.migrated = true;
  }

  /** @throws InboxSchemaError that names what is missing and the two ways to make it */
  async assert(): Promise<void> {
    const { dialect, tables } = this.parts;
    const present = await presentSchema(this.parts);
    const missing = neededSchema(dialect.family, tables).filter((part) => !present.has(part));
    if (missing.length === 0) return;
    throw new InboxSchemaError(
      `${inWords(missing)} missing, so events cannot be stored and handled. ${this.migrated ? this.lost : this.whatToDo}`,
    );
  }

  private get whatToDo(): string {
    return (
      'Either set the option `migrationsRun: true`, or add ' +
      `\`...inboxMigrations(${this.argument})\` to the \`migrations\` of your own DataSource and run them.`
    );
  }

  private get lost(): string {
    const { migration } = this.parts.tables.names;
    return (
      `The table \`${migration}\` says that all migrations were run, so it was taken away later. ` +
      `Restore it, or delete the rows of \`${migration}\`: at the next start they are run again, and pass over what is there.`
    );
  }

  /** What `inboxMigrations` is called with for these very tables. */
  private get argument(): string {
    const { dialect, tables } = this.parts;
    const named = [
      ['type', this.type],
      ...(tables.prefix === DEFAULT_PREFIX ? [] : [['tablePrefix', tables.prefix]]),
      ...(dialect.family === 'postgres' ? [['schema', tables.schema]] : []),
    ];
    return `{ ${named.map(([key, value]) => `${key}: '${value}'`).join(', ')} }`;
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
    const { prefix: tablePrefix, schema } = tables;
    for (const Migration of inboxMigrations({ type: this.type, tablePrefix, schema })) {
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

const NAMED = 5;

/** Of a table that is missing its columns and indexes are not told as well. */
function inWords(missing: readonly string[]): string {
  const tables = missing.filter((part) => kindOf(part) === 'table').map(nameOf);
  const told = missing.filter(
    (part) => !tables.some((table) => nameOf(part).startsWith(`${table}.`)),
  );
  const named = told.slice(0, NAMED).map((part) => `the ${kindOf(part)} \`${nameOf(part)}\``);
  const more = told.length > NAMED ? [`${told.length - NAMED} more`] : [];
  const list = [...named, ...more].join(', ');
  return `${list.charAt(0).toUpperCase()}${list.slice(1)} ${told.length === 1 ? 'is' : 'are'}`;
}

const kindOf = (part: string): string => part.slice(0, part.indexOf(' '));
const nameOf = (part: string): string => part.slice(part.indexOf(' ') + 1);
