import type { MinuteCount } from '../../inbox/index.js';
import { SERIES, SERIES_PLACES } from './series.js';

export const MINUTE = 60_000;
/** What is written is remembered for so long, for when the database is away. */
const REMEMBERED = 60 * MINUTE;
/** What could not be written is kept for so long: some 200 kB a source. */
const KEPT = 24 * 60 * MINUTE;

/** Of one source in one minute, by the place of the series. */
interface Counts {
  readonly counted: Float64Array;
  /** Of those counted, what is in the database. */
  readonly written: Float64Array;
}

/** What this process has counted, and how much of it is written. */
export class MinuteMemory {
  private readonly minutes = new Map<number, Map<string, Counts>>();
  private latest = -1;
  private ofLatest = new Map<string, Counts>();

  /** @param now epoch milliseconds @param place of the series @param times how often it happened */
  add(now: number, source: string, place: number, times = 1): void {
    const minute = now - (now % MINUTE);
    if (minute !== this.latest) this.turnTo(minute);
    const counts = this.ofLatest.get(source) ?? this.begin(source);
    counts.counted[place] = (counts.counted[place] as number) + times;
  }

  /** What the database does not have yet, oldest first. */
  unwritten(): MinuteCount[] {
    return this.tell(({ counted, written }, place) => at(counted, place) - at(written, place));
  }

  /** The database has these now. */
  wrote(counts: readonly MinuteCount[]): void {
    for (const { minute, source, series, count } of counts) {
      const written = this.minutes.get(minute)?.get(source)?.written;
      const place = SERIES_PLACES.get(series);
      if (written && place !== undefined) written[place] = at(written, place) + count;
    }
  }

  /** All that was counted in this process, written or not. */
  counted(): MinuteCount[] {
    return this.tell(({ counted }, place) => at(counted, place));
  }

  /** Drops what is of no more use. @param now epoch milliseconds */
  forget(now: number): void {
    const waiting = new Set(this.unwritten().map(({ minute }) => minute));
    for (const minute of this.minutes.keys()) {
      if (minute < now - (waiting.has(minute) ? KEPT : REMEMBERED)) this.minutes.delete(minute);
    }
    this.latest = -1;
  }

  private turnTo(minute: number): void {
    this.latest = minute;
    this.ofLatest = this.minutes.get(minute) ?? new Map<string, Counts>();
    this.minutes.set(minute, this.ofLatest);
  }

  private begin(source: string): Counts {
    const counts = {
      counted: new Float64Array(SERIES.length),
      written: new Float64Array(SERIES.length),
    };
    this.ofLatest.set(source, counts);
    return counts;
  }

  private tell(countOf: (counts: Counts, place: number) => number): MinuteCount[] {
    const told: MinuteCount[] = [];
    for (const [minute, sources] of this.minutes) {
      for (const [source, counts] of sources) {
        for (const [place, series] of SERIES.entries()) {
          const count = countOf(counts, place);
          if (count > 0) told.push({ minute, source, series, count });
        }
      }
    }
    return told.sort((a, b) => a.minute - b.minute);
  }
}

const at = (counts: Float64Array, place: number): number => counts[place] as number;
