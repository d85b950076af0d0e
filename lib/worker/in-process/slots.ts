import type { ClaimedRow, ClaimException } from '../../inbox/index.js';
import { LARGEST_GROUP } from '../dispatch/handler.groups.js';
import type { Slot } from '../execution/slot.js';
import type { Lane, Needs } from './look-ahead.js';

export interface SlotsDependencies {
  readonly concurrency: number;
  /** Transactions of handlers that run at once. */
  readonly transactions: number;
  /** Names of the sources that events come from. */
  readonly sources: readonly string[];
  /** Events that need one; asked at the first claim. */
  readonly needing: (needs: 'transaction' | 'group') => readonly ClaimException[];
  /** Called when something may start that could not before. */
  readonly freed: () => void;
  /** Called when an event has got what it waited for. */
  readonly waitEnded: () => void;
}

/** What waits for a slot already. */
export interface Stock {
  /** How many rows of each source may. */
  readonly target: number;
  /** How many do. */
  sizeOf(source: string): number;
}

/** What can be claimed for the slots that are free, and for those that soon will be. */
export interface NextClaim {
  readonly limit: number;
  readonly except: readonly ClaimException[];
  /** A source has all it needs and is left out: the walk takes time that it could work in. */
  readonly pastTheBusy: boolean;
}

/** The slot of one event, until it is closed. */
export interface EventSlot extends Slot {
  close(): void;
}

const NEEDS = ['transaction', 'group'] as const;

/** The share of the slots that each of the other sources finds free, however much one has to do. */
const KEPT_FREE = 0.1;

/** Which source's events have the slots of this process, and what may have those that are free. */
export class Slots {
  private readonly bySource = new Map<string, number>();
  private taken = 0;
  private readonly waiting: Record<Needs, number> = { transaction: 0, group: 0, nothing: 0 };
  private readonly mostWaiting: Readonly<Record<Needs, number>>;
  private readonly share: number;
  private readonly known = new Map<Needs, readonly ClaimException[]>();

  constructor(private readonly dependencies: SlotsDependencies) {
    const { concurrency, transactions, sources } = dependencies;
    this.mostWaiting = {
      transaction: transactions,
      group: transactions * LARGEST_GROUP,
      nothing: Infinity,
    };
    const kept = Math.max(1, Math.floor(concurrency * KEPT_FREE));
    this.share = Math.max(1, concurrency - kept * Math.max(0, sources.length - 1));
  }

  open(lane: Lane): EventSlot {
    this.change(lane.source, 1);
    return {
      whileWaiting: (wait) => this.withoutSlot(lane, wait),
      close: () => this.change(lane.source, -1),
    };
  }

  laneOf({ source, name }: ClaimedRow): Lane {
    const needs = NEEDS.find((each) =>
      this.needing(each).some(
        (one) => one.source === source && (one.names?.includes(name) ?? true),
      ),
    );
    return { source, needs: needs ?? 'nothing' };
  }

  /** Whether there is a slot, and few enough wait for what it needs. */
  mayStart({ source, needs }: Lane): boolean {
    return this.freeFor(source) > 0 && !this.manyWait(needs);
  }

  /**
   * Leaves out the sources that have all they need, and, while enough events wait for a transaction
   * already, those that would join them. @returns undefined when nothing is needed
   */
  next(stock: Stock): NextClaim | undefined {
    const { sources } = this.dependencies;
    const { target } = stock;
    let limit = Infinity;
    const supplied: string[] = [];
    for (const source of sources) {
      const wanted = this.wanted(source, target, stock.sizeOf(source));
      if (wanted > 0) limit = Math.min(limit, wanted);
      else supplied.push(source);
    }
    if (limit === Infinity) return undefined;
    const waits = NEEDS.filter((needs) => this.manyWait(needs)).flatMap((needs) =>
      this.needing(needs),
    );
    const except: readonly ClaimException[] = [
      ...supplied.map((source) => ({ source })),
      ...waits.filter(({ source }) => !supplied.includes(source)),
    ];
    const left = sources.some(
      (name) => !except.some(({ source, names }) => source === name && !names),
    );
    return left ? { limit, except, pastTheBusy: supplied.length > 0 } : undefined;
  }

  /** Half of the stock goes before it is filled up, so that claims are large and handlers never wait for one. */
  private wanted(source: string, target: number, stocked: number): number {
    const free = this.freeFor(source);
    if (free > 0) return free + Math.max(0, target - stocked);
    return stocked <= target / 2 ? target - stocked : 0;
  }

  private freeFor(source: string): number {
    const { concurrency } = this.dependencies;
    return Math.min(concurrency - this.taken, this.share - (this.bySource.get(source) ?? 0));
  }

  private manyWait(needs: Needs): boolean {
    return this.waiting[needs] >= this.mostWaiting[needs];
  }

  private needing(needs: 'transaction' | 'group'): readonly ClaimException[] {
    let events = this.known.get(needs);
    if (!events) this.known.set(needs, (events = this.dependencies.needing(needs)));
    return events;
  }

  private async withoutSlot<T>({ source, needs }: Lane, wait: () => Promise<T>): Promise<T> {
    this.change(source, -1);
    this.waiting[needs] += 1;
    let over = false;
    // A wait that is over at once frees nothing for others.
    setImmediate(() => {
      if (!over) this.dependencies.freed();
    });
    try {
      return await wait();
    } finally {
      over = true;
      this.waiting[needs] -= 1;
      this.change(source, 1);
      this.dependencies.waitEnded();
      if (this.waiting[needs] === this.mostWaiting[needs] - 1) this.dependencies.freed();
    }
  }

  private change(source: string, by: number): void {
    this.taken += by;
    this.bySource.set(source, (this.bySource.get(source) ?? 0) + by);
  }
}
