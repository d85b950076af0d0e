import type { DataSource } from 'typeorm';
import type { InboxOptions, OpenedInbox } from './inbox.options.js';
import type { InboxStore } from './inbox.store.js';
import { DEFAULT_PREFIX, familyOf, inboxTables } from './inbox.tables.js';
import { openServer } from './server.connections.js';
import type { StoreParts } from './store.parts.js';
import { openSqlite } from './sqlite.connections.js';

/** The inbox's store with its own connections to the application's database. */
export class InboxConnections {
  private constructor(private readonly opened: OpenedInbox) {}

  /**
   * Opens them from the options of the application's DataSource, which must be initialised and stays
   * the application's: `close` leaves it alone.
   * @throws ConfigurationError for a type of database that is not supported
   */
  static async open(
    application: DataSource,
    options: InboxOptions = {},
  ): Promise<InboxConnections> {
    const family = familyOf(application.options.type);
    const tables = inboxTables(
      family,
      options.prefix ?? DEFAULT_PREFIX,
      family === 'postgres' ? await schemaOf(application) : undefined,
    );
    const opened =
      family === 'sqlite'
        ? await openSqlite(application, tables, options)
        : await openServer(application, tables, options);
    return new InboxConnections(opened);
  }

  get store(): InboxStore {
    return this.opened.store;
  }

  /** For what reads and writes the tables beside the inbox on its own. */
  get parts(): StoreParts {
    return this.opened.parts;
  }

  /** Makes the tables; safe when many replicas start at once. */
  migrate(): Promise<void> {
    return this.opened.schema.migrate();
  }

  /** @throws SchemaError when a table is missing */
  assertSchema(): Promise<void> {
    return this.opened.schema.assert();
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}

/** Named in every statement, since a handler may set a search path of its own. */
async function schemaOf(application: DataSource): Promise<string | undefined> {
  const { schema } = application.options as { schema?: string };
  if (schema !== undefined) return schema;
  const [row] = await application.query<{ schema: string | null }[]>(
    'SELECT current_schema() AS schema',
  );
  return row?.schema ?? undefined;
}
