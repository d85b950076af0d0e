import { Injectable } from '@nestjs/common';
import { diagnose, type RefusalReason } from '../core/index.js';

/** What became of a request to a webhook route. */
export type IngressOutcome = 'stored' | 'duplicate' | RefusalReason;

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
    // What is stored, or known already, the inbox tells.
    if (outcome === 'stored' || outcome === 'duplicate') return;
    diagnose('refused', () => ({ source, reason: outcome }));
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
