import type { DryRunReport } from '../../worker/index.js';
import type { DryRunView } from '../api.types.js';
import { maskedValues } from './json.printer.js';

const MASK = '•••';
/** A shorter value stands in too many texts by chance. */
const SHORTEST_PART = 3;

/** @param body of the event, whose masked fields a handler may have written somewhere */
export function dryRunView(
  report: DryRunReport,
  body: Buffer | null,
  mask: ReadonlySet<string>,
): DryRunView {
  const hidden = body === null || mask.size === 0 ? [] : maskedValues(body.toString('utf8'), mask);
  if (hidden.length === 0) return report;
  const shown = (text: string): string => withDots(text, hidden);
  const handlers = report.handlers.map(({ statements, ...handler }) => ({
    ...handler,
    statements: statements.map(({ sql, parameters }) => ({
      sql: shown(sql),
      parameters: parameters.map(shown),
    })),
  }));
  return { ...report, handlers };
}

function withDots(text: string, hidden: readonly string[]): string {
  if (hidden.includes(text)) return MASK;
  const parts = hidden
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= SHORTEST_PART)
    .sort((one, other) => other.length - one.length);
  const dotted = parts.reduce((shown, part) => shown.replaceAll(part, MASK), text);
  if (!text.endsWith('…')) return dotted;
  // Where a text was cut, the beginning of a masked value may stand.
  return `${dotted.slice(0, -1 - (parts[0]?.length ?? 0))}…`;
}
