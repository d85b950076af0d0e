import type { LoggerService } from '@nestjs/common';

/** Keeps what was logged, as `level: text`. */
export class LogBook implements LoggerService {
  readonly lines: string[] = [];
  log = (text: unknown) => this.lines.push(`log: ${String(text)}`);
  warn = (text: unknown) => this.lines.push(`warn: ${String(text)}`);
  error = (text: unknown) => this.lines.push(`error: ${String(text)}`);
  debug = (text: unknown) => this.lines.push(`debug: ${String(text)}`);

  of(level: string): string[] {
    return this.lines.filter((line) => line.startsWith(level));
  }
}
