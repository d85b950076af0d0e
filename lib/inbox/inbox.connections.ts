import type { DataSource } from 'typeorm';
import { driverOf, type OpenDatabase } from '../database/index.js';
import { InboxDatabase } from './inbox.database.js';
import { DEFAULT_INGEST_TIMEOUT, DEFAULT_POOL_SIZE, type InboxOptions } from './inbox.options.js';
import { InboxSchema } from './inbox.schema.js';
import type { InboxStore } from './inbox.store.js';
import { assertTablePrefix, DEFAULT_PREFIX, InboxTables } from './inbox.tables.js';
import { InsertHooks } from './insert.hooks.js';
import { SqlInboxStore } from './sql.inbox.store.js';
import { storableName } from './stored.text.js';
import { LENGTHS } from './table.definitions.js';

/** What a row may have beside its body, as a statement writes it: names, and the problems of an invalid payload. */
const BESIDE_BODY = 24 * 1_024;

/** The inbox's store with its own connections to the application's database. */
export class InboxConnections {
  readonly store: InboxStore;
  private readonly schema: InboxSchema;

  private constructor(
    private readonly opened: OpenDatabase,
    /** For what reads and writes the tables beside the inbox on its own. */
    readonly parts: InboxDatabase,
    { ingestTimeout = DEFAULT_INGEST_TIMEOUT, insertHooks = [] }: InboxOptions,
  ) {
    const hooks = new InsertHooks(insertHooks.flatMap((make) => make(parts) ?? []));
    this.store = new SqlInboxStore(parts, opened, ingestTimeout, hooks);
    this.schema = new InboxSchema(opened, parts.tables);
  }

  /**
   * Opens them from the options of the application's DataSource, which must be initialised and stays
   * the application's: `close` leaves it alone.
   * @throws ArmoxArmaloConfigurationError for a database that is not supported: its type, version or settings
   */
  static async open(
    application: DataSource,
    options: InboxOptions = {},
  ): Promise<InboxConnections> {
    const { tablePrefix = DEFAULT_PREFIX, tables: ofSources } = options;
    const driver = driverOf(application.options.type);
    assertTablePrefix(tablePrefix);
    const opened = await driver.open(application, {
      poolSize: Math.max(2, options.poolSize ?? DEFAULT_POOL_SIZE),
      connectTimeout: options.ingestTimeout ?? DEFAULT_INGEST_TIMEOUT,
      clock: options.clock,
    });
    const tables = new InboxTables(driver, tablePrefix, opened.schema, ofSources);
    const { database, dialect } = opened;
    const { release = null } = options;
    const stored = release === null ? null : storableName(release, LENGTHS.release);
    const inbox = new InboxDatabase(database, dialect, tables, stored);
    return new InboxConnections(opened, inbox, options);
  }

  /** Bytes of the largest body that the database takes; undefined where it sets no bound of its own. */
  get largestBody(): number | undefined {
    return this.opened.largestValue(BESIDE_BODY);
  }

  /** Makes the tables; safe when many replicas start at once. */
  migrate(): Promise<void> {
    return this.schema.migrate();
  }

  /** @throws InboxSchemaError when a table, a column or an index is missing */
  assertSchema(): Promise<void> {
    return this.schema.assert();
  }

  close(): Promise<void> {
    return this.opened.close();
  }
}
