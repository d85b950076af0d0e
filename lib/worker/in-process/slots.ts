import type { ClaimedRow, ClaimException } from '../../inbox/index.js';
import type { Slot } from '../execution/slot.js';
import type { Lane } from './look-ahead.js';

export interface SlotsDependencies {
  readonly concurrency: number;
  /** Transactional handlers that run at once. */
  readonly transactions: number;
  /** Names of the sources that events come from. */
  readonly sources: readonly string[];
  /** Events that have a transactional handler; asked at the first claim. */
  readonly transactional: () => readonly ClaimException[];
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

/** The share of the slots that each of the other sources finds free, however much one has to do. */
const KEPT_FREE = 0.1;

/** Which source's events have the slots of this process, and what may have those that are free. */
export class Slots {
  private readonly bySource = new Map<string, number>();
  private taken = 0;
  private waiting = 0;
  private readonly share: number;
  private knownTransactional: readonly ClaimException[] | undefined;

  constructor(private readonly dependencies: SlotsDependencies) {
    const { concurrency, sources } = dependencies;
    const kept = Math.max(1, Math.floor(concurrency * KEPT_FREE));
    this.share = Math.max(1, concurrency - kept * Math.max(0, sources.length - 1));
  }

  open(source: string): EventSlot {
    this.change(source, 1);
    return {
      whileWaiting: (wait) => this.withoutSlot(source, wait),
      close: () => this.change(source, -1),
    };
  }

  laneOf({ source, name }: ClaimedRow): Lane {
    const transactional = this.transactional.some(
      (one) => one.source === source && (one.names?.includes(name) ?? true),
    );
    return { source, transactional };
  }

  /** Whether there is a slot, and, for what needs a transaction, few enough wait for one. */
  mayStart({ source, transactional }: Lane): boolean {
    return this.freeFor(source) > 0 && !(transactional && this.manyWait);
  }

  /**
   * Leaves out the sources that have all they need, and, while enough events wait for a transaction
   * already, those that would join them. @returns undefined when nothing is needed
   */
  next(stock: Stock): NextClaim | undefined {
    const { sources } = this.dependencies;
    const { target } = stock;
    let limit = Infinity;
    const supplied = new Set<string>();
    for (const source of sources) {
      const wanted = this.wanted(source, target, stock.sizeOf(source));
      if (wanted > 0) limit = Math.min(limit, wanted);
      else supplied.add(source);
    }
    const waits = this.manyWait ? this.transactional : [];
    const except: readonly ClaimException[] = [
      ...[...supplied].map((source) => ({ source })),
      ...waits.filter(({ source }) => !supplied.has(source)),
    ];
    const left = sources.some(
      (name) => !except.some(({ source, names }) => source === name && !names),
    );
    return left ? { limit, except, pastTheBusy: supplied.size > 0 } : undefined;
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

  private get manyWait(): boolean {
    return this.waiting >= this.dependencies.transactions;
  }

  private get transactional(): readonly ClaimException[] {
    return (this.knownTransactional ??= this.dependencies.transactional());
  }

  private async withoutSlot<T>(source: string, wait: () => Promise<T>): Promise<T> {
    this.change(source, -1);
    this.waiting += 1;
    let over = false;
    // A wait that is over at once frees nothing for others.
    setImmediate(() => {
      if (!over) this.dependencies.freed();
    });
    try {
      return await wait();
    } finally {
      over = true;
      this.waiting -= 1;
      this.change(source, 1);
      this.dependencies.waitEnded();
      if (this.waiting === this.dependencies.transactions - 1) this.dependencies.freed();
    }
  }

  private change(source: string, by: number): void {
    this.taken += by;
    this.bySource.set(source, (this.bySource.get(source) ?? 0) + by);
  }
}
