import type { Timers } from '../../core/index.js';
import type { HeldRow } from '../execution/lease.keeper.js';

/** Rows are claimed ahead for so long, at the pace of late. */
const AHEAD_MS = 500;
/** What has waited so long goes back to the inbox: another replica may have a slot for it. */
export const LONGEST_WAIT_MS = 1_000;
/** The store's largest claim. */
const MOST_ROWS = 500;
/** As far as the bodies of late tell. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The pace is that of at least so long, so that a single quick event does not look like a thousand a second. */
const SHORTEST_WINDOW_MS = 50;

/** Which of the waiting may start. */
export interface Starting {
  hasSlot(source: string): boolean;
  /** Asked for sources that have a slot. */
  mayStart(row: { readonly source: string; readonly name: string }): boolean;
}

interface Waiting {
  readonly held: HeldRow;
  readonly place: number;
  readonly since: number;
}

/**
 * Rows that are claimed already and wait for a slot, so that a worker of quick handlers need not ask the
 * database for each handful. How many they may be follows from how fast this process finishes: slow handlers
 * keep nothing from other replicas.
 */
export class LookAhead {
  private readonly bySource = new Map<string, Waiting[]>();
  private waiting = 0;
  private places = 0;
  private windowBegan: number;
  private finishedInWindow = 0;
  /** Events a millisecond. */
  private pace = 0;
  /** Bytes of a body. */
  private weight = 0;
  private cancelReturn: (() => void) | undefined;

  constructor(
    private readonly timers: Pick<Timers, 'now' | 'after'>,
    /** Gives back what has waited too long. */
    private readonly giveBack: (rows: readonly HeldRow[]) => void,
  ) {
    this.windowBegan = timers.now();
  }

  get size(): number {
    return this.waiting;
  }

  sizeOf(source: string): number {
    return this.bySource.get(source)?.length ?? 0;
  }

  /** How many rows of each source may wait. */
  get target(): number {
    const now = this.timers.now();
    const window = now - this.windowBegan;
    if (window >= SHORTEST_WINDOW_MS) {
      this.pace = this.finishedInWindow / window;
      this.finishedInWindow = 0;
      this.windowBegan = now;
    }
    const rows = Math.min(MOST_ROWS, Math.floor(this.pace * AHEAD_MS));
    return this.weight > 0 ? Math.min(rows, Math.floor(MOST_BYTES / this.weight)) : rows;
  }

  /** The handlers of one event have ended. */
  finished(): void {
    this.finishedInWindow += 1;
  }

  /** @param rows of one claim, oldest due first */
  add(rows: readonly HeldRow[]): void {
    if (rows.length === 0) return;
    const since = this.timers.now();
    let bytes = 0;
    for (const held of rows) {
      bytes += held.row.body.length;
      this.queueOf(held.row.source).push({ held, since, place: this.places++ });
    }
    this.weight = bytes / rows.length;
    this.waiting += rows.length;
    this.cancelReturn ??= this.timers.after(LONGEST_WAIT_MS, () => this.returnOverdue());
  }

  /** Takes out the oldest row that may start; undefined when none may. */
  next(starting: Starting): HeldRow | undefined {
    let found:
      { readonly queue: Waiting[]; readonly at: number; readonly place: number } | undefined;
    for (const [source, queue] of this.bySource) {
      if (!starting.hasSlot(source)) continue;
      const at = queue.findIndex(({ held }) => held.lost || starting.mayStart(held.row));
      const place = queue[at]?.place;
      if (place !== undefined && place < (found?.place ?? Infinity)) found = { queue, at, place };
    }
    if (!found) return undefined;
    const [taken] = found.queue.splice(found.at, 1);
    this.waiting -= 1;
    // Its lease ran out while it waited; somebody else has it.
    return taken?.held.lost === false ? taken.held : this.next(starting);
  }

  /** Takes out all of them. */
  drain(): readonly HeldRow[] {
    this.cancelReturn?.();
    this.cancelReturn = undefined;
    return this.remove(() => true);
  }

  private queueOf(source: string): Waiting[] {
    const known = this.bySource.get(source);
    if (known) return known;
    const queue: Waiting[] = [];
    this.bySource.set(source, queue);
    return queue;
  }

  private returnOverdue(): void {
    this.cancelReturn = undefined;
    const overdue = this.timers.now() - LONGEST_WAIT_MS;
    const rows = this.remove(({ since }) => since <= overdue);
    if (this.waiting > 0) {
      const oldest = Math.min(
        ...[...this.bySource.values()].map(([first]) => first?.since ?? Infinity),
      );
      this.cancelReturn = this.timers.after(oldest - overdue, () => this.returnOverdue());
    }
    if (rows.length > 0) this.giveBack(rows);
  }

  private remove(which: (one: Waiting) => boolean): readonly HeldRow[] {
    const removed: HeldRow[] = [];
    for (const [source, queue] of this.bySource) {
      const kept: Waiting[] = [];
      for (const one of queue) {
        if (!which(one)) kept.push(one);
        else if (!one.held.lost) removed.push(one.held);
      }
      this.bySource.set(source, kept);
    }
    this.waiting = [...this.bySource.values()].reduce((sum, { length }) => sum + length, 0);
    return removed;
  }
}
