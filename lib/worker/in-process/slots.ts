import type { ClaimException } from '../../inbox/index.js';
import type { Slot } from '../execution/slot.js';

export interface SlotsDependencies {
  readonly concurrency: number;
  /** Transactional handlers that run at once. */
  readonly transactions: number;
  /** Names of the sources that events come from. */
  readonly sources: readonly string[];
  /** Events that have a transactional handler. */
  readonly transactional: () => readonly ClaimException[];
  /** Called when something may start that could not before. */
  readonly freed: () => void;
}

/** What can be claimed for the slots that are free. */
export interface NextClaim {
  readonly limit: number;
  readonly except: readonly ClaimException[];
  /** A source has its share and is left out: the walk takes time that it could work in. */
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

  /**
   * Leaves out the sources that have their share, and, while enough events wait for a transaction
   * already, those that would join them. @returns undefined when nothing can start
   */
  next(): NextClaim | undefined {
    const { concurrency, transactions, sources, transactional } = this.dependencies;
    let limit = concurrency - this.taken;
    if (limit <= 0) return undefined;
    const full = new Set<string>();
    for (const source of sources) {
      const left = this.share - (this.bySource.get(source) ?? 0);
      if (left > 0) limit = Math.min(limit, left);
      else full.add(source);
    }
    const waits = this.waiting >= transactions ? transactional() : [];
    const except: readonly ClaimException[] = [
      ...[...full].map((source) => ({ source })),
      ...waits.filter(({ source }) => !full.has(source)),
    ];
    const left = sources.filter(
      (name) => !except.some(({ source, names }) => source === name && !names),
    );
    return left.length > 0 ? { limit, except, pastTheBusy: full.size > 0 } : undefined;
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
      if (this.waiting === this.dependencies.transactions - 1) this.dependencies.freed();
    }
  }

  private change(source: string, by: number): void {
    this.taken += by;
    this.bySource.set(source, (this.bySource.get(source) ?? 0) + by);
  }
}
