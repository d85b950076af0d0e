import { Logger } from '@nestjs/common';
import type { SourceEvent, EventOrigin } from '../core/index.js';
import type { Unit } from '../database/index.js';
import type { PreparedRow } from './inbox.rows.js';
import type { PlacedRows } from './placed.rows.js';

/** An event that has just been stored, in a transaction that is not committed yet. */
export interface JustStored {
  readonly event: SourceEvent;
  readonly origin: EventOrigin;
  /** Id of its row in the inbox. */
  readonly rowId: string;
}

/**
 * What a source keeps in tables of its own about its events: a job's status, an agent's score. It
 * writes them in the transaction of the events' insert, so that neither is ever without the other.
 */
export interface InsertHook {
  /** Name of the source whose events it is told of. */
  readonly source: string;
  /** False for events that leave its tables as they are: these keep the insert of one statement. */
  concerns(event: SourceEvent): boolean;
  /**
   * Told of the stored events (never of duplicates), in the order of their arrival. To avoid
   * deadlocks it locks its rows in one order, always; its values must be such that every database takes them.
   * @returns row ids of the events that shall not be handled: they end `ignored`, reason `reconciled`
   */
  afterInsert(stored: readonly JustStored[]): Unit<ReadonlySet<string>>;
}

/** Hands what was stored to the hooks of its source. */
export class InsertHooks {
  private readonly logger = new Logger('ArmoxArmaloInbox');

  constructor(private readonly hooks: readonly InsertHook[] = []) {}

  concern(rows: readonly PreparedRow[]): boolean {
    return rows.some((row) => this.hooks.some((hook) => isTold(hook, row)));
  }

  *afterInsert(rows: readonly PreparedRow[], placed: PlacedRows): Unit<ReadonlySet<string>> {
    const ended = new Set<string>();
    for (const hook of this.hooks) {
      const stored = storedFor(hook, rows, placed);
      if (stored.length === 0) continue;
      try {
        for (const id of yield* hook.afterInsert(stored)) ended.add(id);
      } catch (error) {
        // A failing statement does not come by here, it ends the transaction; this is the hook's own fault.
        this.failed(error);
      }
    }
    return ended;
  }

  /** The event comes first: what the hook knows is read from the service's API again. */
  failed(error: unknown): void {
    this.logger.error(
      'What the module keeps beside the inbox (jobs, watched agents) could not be written with an event; the event itself is stored, and the poller catches up.',
      error instanceof Error ? error.stack : undefined,
    );
  }
}

function isTold(hook: InsertHook, { event, invalid }: PreparedRow): boolean {
  if (!event || invalid !== null || event.source !== hook.source) return false;
  return hook.concerns(event);
}

function storedFor(
  hook: InsertHook,
  rows: readonly PreparedRow[],
  placed: PlacedRows,
): readonly JustStored[] {
  return rows.flatMap((row) => {
    const found = placed.get(row.key);
    if (!found?.stored || !row.event || !isTold(hook, row)) return [];
    return [{ event: row.event, origin: row.origin, rowId: found.id }];
  });
}
