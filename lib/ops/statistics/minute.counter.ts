import type { MinuteCount } from '../../inbox/index.js';

export const MINUTE_MS = 60_000;
/** What this process remembers for itself, for when the database is away. */
const REMEMBERED_MS = 60 * MINUTE_MS;
/** Slots that are kept while the database is away; then the oldest go. */
const MOST_SLOTS = 20_000;

type Slots = Map<string, { readonly slot: Omit<MinuteCount, 'count'>; count: number }>;

/** Counts in memory what has happened, by minute. */
export class MinuteCounter {
  private unwritten: Slots = new Map();
  private readonly recent: Slots = new Map();

  constructor(private readonly now: () => number) {}

  count(source: string, series: string, count = 1): void {
    const minute = Math.floor(this.now() / MINUTE_MS) * MINUTE_MS;
    add(this.unwritten, minute, source, series, count);
    add(this.recent, minute, source, series, count);
  }

  /** What is not written yet, which is then taken for written. */
  take(): readonly MinuteCount[] {
    const taken = counts(this.unwritten);
    this.unwritten = new Map();
    return taken;
  }

  /** It could not be written. */
  putBack(taken: readonly MinuteCount[]): void {
    const newer = counts(this.unwritten);
    this.unwritten = new Map();
    for (const { minute, source, series, count } of [...taken, ...newer]) {
      add(this.unwritten, minute, source, series, count);
    }
  }

  /** What this process has counted in the last hour. */
  lastHour(): readonly MinuteCount[] {
    const since = this.now() - REMEMBERED_MS - MINUTE_MS;
    for (const [key, { slot }] of this.recent) if (slot.minute < since) this.recent.delete(key);
    return counts(this.recent);
  }
}

const counts = (slots: Slots): readonly MinuteCount[] =>
  [...slots.values()].map(({ slot, count }) => ({ ...slot, count }));

function add(slots: Slots, minute: number, source: string, series: string, count: number): void {
  const key = `${minute}/${source}/${series}`;
  const found = slots.get(key);
  if (found) {
    found.count += count;
    return;
  }
  slots.set(key, { slot: { minute, source, series }, count });
  if (slots.size <= MOST_SLOTS) return;
  const [oldest] = slots.keys();
  if (oldest !== undefined) slots.delete(oldest);
}
