import { ArmoxArmaloConfigurationError } from '../core/index.js';
import { Tables, type DatabaseDriver, type TableDefinition } from '../database/index.js';
import { minuteTable } from './minute.table.js';
import { auditTable, noteTable, operationItemTable, operationTable } from './operation.tables.js';
import {
  aloneTable,
  attemptTable,
  INBOX_TABLES,
  inboxTable,
  leaderLockTable,
  redeliveryTable,
  replicaTable,
} from './table.definitions.js';

export const DEFAULT_PREFIX = 'armox_armalo';

/**
 * What a prefix must be, as it completes "must be …". It goes into SQL unquoted as well, and leaves 23 of
 * PostgreSQL's 63 bytes for the longest ending of a table's, index's or sequence's name.
 */
export const TABLE_PREFIX =
  'lower-case letters, digits and underscores, not beginning with a digit, at most 40 characters';

export const isTablePrefix = (value: unknown): boolean =>
  typeof value === 'string' && /^[a-z_][a-z0-9_]{0,39}$/.test(value);

/** @throws ArmoxArmaloConfigurationError for a prefix that cannot be part of a name in every database */
export function assertTablePrefix(prefix: string): void {
  if (isTablePrefix(prefix)) return;
  throw new ArmoxArmaloConfigurationError('tablePrefix', `must be ${TABLE_PREFIX}.`);
}

/** The inbox's tables and those of the sources, as they are called in statements. */
export class InboxTables extends Tables {
  readonly inbox = this.of(inboxTable);
  readonly attempt = this.of(attemptTable);
  readonly leaderLock = this.of(leaderLockTable);
  readonly replica = this.of(replicaTable);
  readonly alone = this.of(aloneTable);
  readonly redelivery = this.of(redeliveryTable);
  readonly operation = this.of(operationTable);
  readonly operationItem = this.of(operationItemTable);
  readonly minute = this.of(minuteTable);
  readonly audit = this.of(auditTable);
  readonly note = this.of(noteTable);

  constructor(
    { schemaDialect }: DatabaseDriver,
    prefix: string,
    schema: string | undefined,
    /** What the sources keep beside the inbox. */
    readonly ofSources: readonly TableDefinition[] = [],
  ) {
    super(schemaDialect, prefix, schema, [...INBOX_TABLES, ...ofSources]);
  }

  /** Of notifications that an event is stored. */
  get channel(): string {
    return `${this.prefix}_stored`;
  }
}
