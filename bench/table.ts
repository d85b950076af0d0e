/** Prints rows as a Markdown table, ready for docs/performance.md. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string): number =>
    Math.max(column.length, ...rows.map((row) => (row[column] ?? '').length));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = (row: Readonly<Record<string, string>>): string =>
    line(columns.map((column) => (row[column] ?? '').padEnd(width(column))));
  console.log(`\n${title}\n`);
  console.log(padded(Object.fromEntries(columns.map((column) => [column, column]))));
  console.log(line(columns.map((column) => '-'.repeat(width(column)))));
  for (const row of rows) console.log(padded(row));
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
export const twoPlaces = (value: number): string => value.toFixed(2);
export const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
