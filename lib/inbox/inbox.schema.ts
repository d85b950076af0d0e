import { InboxSchemaError } from '../core/index.js';
import {
  historyTable,
  migrate,
  neededParts,
  presentParts,
  type OpenDatabase,
} from '../database/index.js';
import { migrationsOf } from './inbox.migrations.js';
import { DEFAULT_PREFIX, type InboxTables } from './inbox.tables.js';

/** Whether our tables are there, and how they come to be. */
export class InboxSchema {
  private migrated = false;

  constructor(
    private readonly opened: Pick<OpenDatabase, 'database' | 'exclusively' | 'place'>,
    private readonly tables: InboxTables,
  ) {}

  /** Runs what has not been run yet; safe when many replicas start at once. */
  async migrate(): Promise<void> {
    await migrate(this.opened.exclusively, this.tables, migrationsOf(this.tables));
    this.migrated = true;
  }

  /** @throws InboxSchemaError that names what is missing and the two ways to make it */
  async assert(): Promise<void> {
    const present = await presentParts(this.opened.database, this.tables);
    const missing = neededParts(this.tables).filter((part) => !present.has(part));
    if (missing.length === 0) return;
    throw new InboxSchemaError(
      `${inWords(missing)} missing, so events cannot be stored and handled. ${this.migrated ? this.lost : this.whatToDo}`,
    );
  }

  private get whatToDo(): string {
    return (
      'Either set the option `migrationsRun: true`, or add ' +
      `\`...inboxMigrations(${this.argument})\` to the \`migrations\` of your own DataSource and run them. Where the module has \`sources\`, name the same there.`
    );
  }

  private get lost(): string {
    const { name } = this.tables.named(historyTable);
    return (
      `The table \`${name}\` says that all migrations were run, so it was taken away later. ` +
      `Restore it, or delete the rows of \`${name}\`: at the next start they are run again, and pass over what is there.`
    );
  }

  /** What `inboxMigrations` is called with for these very tables. */
  private get argument(): string {
    const { type, schema } = this.opened.place;
    const { prefix } = this.tables;
    const named = [
      ['type', type],
      ...(prefix === DEFAULT_PREFIX ? [] : [['tablePrefix', prefix]]),
      ...(schema === undefined ? [] : [['schema', schema]]),
    ];
    return `{ ${named.map(([key, value]) => `${key}: '${value}'`).join(', ')} }`;
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
