import { writeFile } from 'node:fs/promises';
import type { Environment } from './environment.js';

/** What one row of a table was made of: its subject, its settings, and every round as it was measured. */
export interface ReportEntry {
  readonly bench: string;
  readonly database?: string;
  readonly subject: string;
  readonly [detail: string]: unknown;
}

/** Everything that a run has measured, for `--json`. */
export class Report {
  private readonly entries: ReportEntry[] = [];

  add(entry: ReportEntry): void {
    this.entries.push(entry);
  }

  async write(file: string, environment: Environment): Promise<void> {
    const report = { environment, arguments: process.argv.slice(2), measured: this.entries };
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  }
}
