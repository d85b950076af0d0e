/**
 * Prints rows as a Markdown table, ready for docs/performance.md.
 * @param columns default: those of the first row; a row without one has a dash
 */
export function printTable(
  title: string,
  rows: readonly Readonly<Record<string, string>>[],
  columns: readonly string[] = Object.keys(rows[0] ?? {}),
): void {
  const width = (column: string): number =>
    Math.max(column.length, ...rows.map((row) => (row[column] ?? '–').length));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = (row: Readonly<Record<string, string>>): string =>
    line(columns.map((column) => (row[column] ?? '–').padEnd(width(column))));
  console.log(`\n${title}\n`);
  console.log(padded(Object.fromEntries(columns.map((column) => [column, column]))));
  console.log(line(columns.map((column) => '-'.repeat(width(column)))));
  for (const row of rows) console.log(padded(row));
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
export const twoPlaces = (value: number): string => value.toFixed(2);
export const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
export const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
export const microseconds = (value: number | undefined): string =>
  value === undefined ? '–' : `${whole(value)} µs`;
/** The spread of the rounds, e.g. `3,120–3,480`. */
export const range = (values: readonly number[]): string =>
  `${whole(Math.min(...values))}–${whole(Math.max(...values))}`;
