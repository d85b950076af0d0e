import { Logger } from '@nestjs/common';
import { systemTimers, type Timers } from '../../core/index.js';

const INTERVAL_MS = 60_000;

/** At most one line a minute for one subject: anybody can send requests, and logs cost. */
export class ThrottledLog {
  private readonly subjects = new Map<string, { at: number; suppressed: number }>();

  constructor(
    private readonly logger: Pick<Logger, 'warn' | 'error'> = new Logger('ArmoxArmalo'),
    private readonly timers: Pick<Timers, 'now'> = systemTimers,
  ) {}

  /** @param subject one of few: each is remembered */
  warn(subject: string, line: string): void {
    this.once(subject, line, (text) => this.logger.warn(text));
  }

  /** @param subject one of few: each is remembered */
  error(subject: string, line: string, stack?: string): void {
    this.once(subject, line, (text) => this.logger.error(text, ...(stack ? [stack] : [])));
  }

  private once(subject: string, line: string, write: (text: string) => void): void {
    const now = this.timers.now();
    const last = this.subjects.get(subject);
    if (last && now - last.at < INTERVAL_MS) {
      last.suppressed += 1;
      return;
    }
    const more = last?.suppressed ? ` (${last.suppressed} more since the last line)` : '';
    this.subjects.set(subject, { at: now, suppressed: 0 });
    write(line + more);
  }
}
