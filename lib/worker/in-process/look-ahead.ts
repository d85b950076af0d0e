import type { Timers } from '../../core/index.js';
import type { ClaimedRow } from '../../inbox/index.js';
import type { HeldRow } from '../execution/lease.keeper.js';

/** Rows are claimed ahead for so long, at the pace of late. */
const AHEAD_MS = 500;
/** What has waited so long goes back to the inbox: another replica may have a slot for it. */
const LONGEST_WAIT_MS = 1_000;
/** Rows of one claim, and of one source that wait. */
export const LARGEST_CLAIM = 500;
/** As far as the bodies of late tell. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The pace is that of at least so long, so that a single quick event does not look like a thousand a second. */
const SHORTEST_WINDOW_MS = 50;

/** Rows that may start, or may not, for the same reasons. */
export interface Lane {
  readonly source: string;
  /** What they wait for beside a slot: a transaction of their own, a group's, or nothing. */
  readonly needs: Needs;
}

export type Needs = 'transaction' | 'group' | 'nothing';

interface Queue {
  readonly lane: Lane;
  rows: Waiting[];
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
  private readonly queues: Queue[] = [];
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
    private readonly laneOf: (row: ClaimedRow) => Lane,
    /** Gives back what has waited too long. */
    private readonly giveBack: (rows: readonly HeldRow[]) => void,
  ) {
    this.windowBegan = timers.now();
  }

  get size(): number {
    return this.waiting;
  }

  sizeOf(source: string): number {
    let size = 0;
    for (const { lane, rows } of this.queues) if (lane.source === source) size += rows.length;
    return size;
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
    const rows = Math.min(LARGEST_CLAIM, Math.floor(this.pace * AHEAD_MS));
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
      this.queueOf(this.laneOf(held.row)).rows.push({ held, since, place: this.places++ });
    }
    this.weight = bytes / rows.length;
    this.waiting += rows.length;
    this.cancelReturn ??= this.timers.after(LONGEST_WAIT_MS, () => this.returnOverdue());
  }

  /** Takes out the oldest row that may start; undefined when none may. */
  next(mayStart: (lane: Lane) => boolean): HeldRow | undefined {
    let oldest: Queue | undefined;
    for (const queue of this.queues) {
      const place = queue.rows[0]?.place;
      if (place === undefined || place > (oldest?.rows[0]?.place ?? Infinity)) continue;
      if (mayStart(queue.lane)) oldest = queue;
    }
    const taken = oldest?.rows.shift();
    if (!taken) return undefined;
    this.waiting -= 1;
    // Its lease ran out while it waited; somebody else has it.
    return taken.held.lost ? this.next(mayStart) : taken.held;
  }

  /** Takes out all of them. */
  drain(): readonly HeldRow[] {
    this.cancelReturn?.();
    this.cancelReturn = undefined;
    return this.remove(() => true);
  }

  private queueOf(lane: Lane): Queue {
    const { source, needs } = lane;
    let queue = this.queues.find((one) => one.lane.source === source && one.lane.needs === needs);
    if (!queue) this.queues.push((queue = { lane, rows: [] }));
    return queue;
  }

  private returnOverdue(): void {
    this.cancelReturn = undefined;
    const overdue = this.timers.now() - LONGEST_WAIT_MS;
    const rows = this.remove(({ since }) => since <= overdue);
    if (this.waiting > 0) {
      const oldest = Math.min(...this.queues.map(({ rows: [first] }) => first?.since ?? Infinity));
      this.cancelReturn = this.timers.after(oldest - overdue, () => this.returnOverdue());
    }
    if (rows.length > 0) this.giveBack(rows);
  }

  private remove(which: (one: Waiting) => boolean): readonly HeldRow[] {
    const removed = this.queues.flatMap(({ rows }) => rows.filter(which));
    for (const queue of this.queues) queue.rows = queue.rows.filter((one) => !which(one));
    this.waiting -= removed.length;
    return removed.map(({ held }) => held).filter(({ lost }) => !lost);
  }
}
