import type { RedeliveryCount } from '../../inbox/index.js';

/** Beyond so many events between two writes none is added: a service that sends everything again is seen in the charts. */
const MOST_EVENTS = 5_000;

/** Which events webhooks brought again in this process, as far as it is not written. */
export class RedeliveryMemory {
  private counts = new Map<string, RedeliveryCount>();

  /** @param id of the event's row @param now epoch milliseconds */
  add(id: string, now: number): void {
    const before = this.counts.get(id);
    if (!before && this.counts.size >= MOST_EVENTS) return;
    this.counts.set(id, { id, count: (before?.count ?? 0) + 1, lastAt: now });
  }

  unwritten(): readonly RedeliveryCount[] {
    return [...this.counts.values()];
  }

  /** The database has these now; what has come meanwhile stays. */
  wrote(counts: readonly RedeliveryCount[]): void {
    for (const { id, count } of counts) {
      const kept = this.counts.get(id);
      if (!kept) continue;
      if (kept.count <= count) this.counts.delete(id);
      else this.counts.set(id, { ...kept, count: kept.count - count });
    }
  }
}
