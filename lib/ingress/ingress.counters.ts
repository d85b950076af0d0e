import { Injectable } from '@nestjs/common';

/** What became of a request to a webhook route. */
export type IngressOutcome =
  | 'stored'
  | 'duplicate'
  /** 401 */
  | 'rejected'
  /** Whatever a guard of the application answered, before the signature was looked at. */
  | 'refused'
  /** 400: signed, but no event can be read from it. */
  | 'unreadable'
  /** 413 */
  | 'too-large'
  /** 400 or 415, before the signature was looked at. */
  | 'malformed'
  /** 503 */
  | 'unavailable'
  /** 500 */
  | 'failed';

export interface IngressCount {
  readonly source: string;
  readonly outcome: IngressOutcome;
  readonly count: number;
}

/** Counts since the process started, by source; what the metrics read. */
@Injectable()
export class IngressCounters {
  private readonly counts = new Map<string, Map<IngressOutcome, number>>();

  add(source: string, outcome: IngressOutcome): void {
    const ofSource = this.counts.get(source) ?? new Map<IngressOutcome, number>();
    ofSource.set(outcome, (ofSource.get(outcome) ?? 0) + 1);
    this.counts.set(source, ofSource);
  }

  read(): readonly IngressCount[] {
    return [...this.counts].flatMap(([source, outcomes]) =>
      [...outcomes].map(([outcome, count]) => ({ source, outcome, count })),
    );
  }

  of(source: string, outcome: IngressOutcome): number {
    return this.counts.get(source)?.get(outcome) ?? 0;
  }
}
