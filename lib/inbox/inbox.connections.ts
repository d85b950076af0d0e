import type { DataSource } from 'typeorm';
import type { InboxOptions, OpenedInbox } from './inbox.options.js';
import type { InboxStore } from './inbox.store.js';
import { familyOf } from '../database/index.js';
import { openServer } from './server.connections.js';
import type { InboxDatabase } from './inbox.database.js';
import { openSqlite } from './sqlite.connections.js';

/** The inbox's store with its own connections to the application's database. */
export class InboxConnections {
  private constructor(private readonly opened: OpenedInbox) {}

  /**
   * Opens them from the options of the application's DataSource, which must be initialised and stays
   * the application's: `close` leaves it alone.
   * @throws ArmoxArmaloConfigurationError for a database that is not supported: its type, version or settings
   */
  static async open(
    application: DataSource,
    options: InboxOptions = {},
  ): Promise<InboxConnections> {
    const opened =
      familyOf(application.options.type) === 'sqlite'
        ? await openSqlite(application, options)
        : await openServer(application, options);
    return new InboxConnections(opened);
  }

  get store(): InboxStore {
    return this.opened.store;
  }

  /** For what reads and writes the tables beside the inbox on its own. */
  get parts(): InboxDatabase {
    return this.opened.parts;
  }

  /** Bytes of the largest body that the database takes; undefined where it sets no bound of its own. */
  get largestBody(): number | undefined {
    return this.opened.largestBody;
  }

  /** Makes the tables; safe when many replicas start at once. */
  migrate(): Promise<void> {
    return this.opened.schema.migrate();
  }

  /** @throws InboxSchemaError when a table, a column or an index is missing */
  assertSchema(): Promise<void> {
    return this.opened.schema.assert();
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}
