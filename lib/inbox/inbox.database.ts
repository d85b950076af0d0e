import type { Database, Dialect } from '../database/index.js';
import { DeadEventListeners } from './dead.event.listeners.js';
import type { InboxTables } from './inbox.tables.js';

/** What the parts of a store work with. */
export class InboxDatabase {
  readonly deadEvents = new DeadEventListeners();

  constructor(
    readonly database: Database,
    readonly dialect: Dialect,
    readonly tables: InboxTables,
    /** Of the application in this process. */
    readonly release: string | null = null,
  ) {}
}
