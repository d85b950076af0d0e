import type { Database, Unit, Dialect } from '../database/index.js';
import { DeadEventListeners } from './dead.event.listeners.js';
import type { InboxTables } from './inbox.tables.js';

/** What the parts of a store work with. */
export class InboxDatabase {
  readonly deadEvents = new DeadEventListeners();

  constructor(
    readonly database: Database,
    readonly dialect: Dialect,
    readonly tables: InboxTables,
  ) {}

  /** A unit with one change in it, in as few round trips as the database allows. */
  oneChange<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.dialect.family === 'mysql'
      ? this.database.transaction(unit)
      : this.database.statement(unit);
  }
}
