import { Logger } from '@nestjs/common';
import { type Clock, systemClock } from '../core/index.js';

const INTERVAL_MS = 60_000;

/** At most one line a minute for one subject: anybody can send requests, and logs cost. */
export class ThrottledLog {
  private readonly subjects = new Map<string, { at: number; suppressed: number }>();

  constructor(
    private readonly logger: Logger = new Logger('ArmoxArmalo'),
    private readonly clock: Clock = systemClock,
  ) {}

  warn(subject: string, line: string): void {
    this.once(subject, line, (text) => this.logger.warn(text));
  }

  error(subject: string, line: string): void {
    this.once(subject, line, (text) => this.logger.error(text));
  }

  private once(subject: string, line: string, write: (text: string) => void): void {
    const now = this.clock.now();
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
