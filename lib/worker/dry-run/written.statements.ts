import { cutText } from '../../core/index.js';
import type { SentStatement } from '../../inbox/index.js';
import type { WrittenStatement } from './dry-run.report.js';

const MOST_STATEMENTS = 200;
const LONGEST_SQL = 4_000;
const LONGEST_PARAMETER = 500;

/** What a handler has sent, for people, in bounded room. */
export class WrittenStatements {
  private readonly kept: WrittenStatement[] = [];
  private count = 0;

  add({ sql, parameters }: SentStatement): void {
    this.count += 1;
    if (this.kept.length === MOST_STATEMENTS) return;
    this.kept.push({
      sql: cutText(sql, LONGEST_SQL),
      parameters: parameters.map((value) => cutText(textOf(value), LONGEST_PARAMETER)),
    });
  }

  /** As a report has them. */
  told() {
    return { statements: this.kept, statementsLeftOut: this.count - this.kept.length };
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'NULL' : value.toISOString();
  if (value instanceof Uint8Array) {
    return `0x${Buffer.from(value.subarray(0, LONGEST_PARAMETER)).toString('hex')}`;
  }
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  try {
    return JSON.stringify(value) ?? `A ${typeof value}.`;
  } catch {
    return 'An object that is no JSON.';
  }
}
