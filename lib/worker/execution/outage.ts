import type { LoggerService } from '@nestjs/common';
import type { Random } from '../../core/index.js';
import { errorHeadline } from '../dispatch/error-text.js';

const FIRST_WAIT = 100;
const LONGEST_WAIT = 10_000;

/**
 * One thing of the database's that fails now and then: tells how long to wait before the next try,
 * and logs the first failure and the recovery instead of every try between them.
 */
export class Outage {
  private failures = 0;

  constructor(
    /** As in "Cannot <what>": `claim events`. */
    private readonly what: string,
    private readonly consequence: string,
    private readonly logger: LoggerService,
    private readonly random: Random,
  ) {}

  /** @returns milliseconds to wait: 100 doubled up to 10,000, half of it random */
  failed(error: unknown): number {
    if (this.failures++ === 0) {
      this.logger.warn(`Cannot ${this.what}: ${errorHeadline(error)} ${this.consequence}`);
    }
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
    return wait * (0.5 + this.random() / 2);
  }

  succeeded(): void {
    if (this.failures === 0) return;
    this.logger.log(`Can ${this.what} again, after ${this.failures} failed tries.`);
    this.failures = 0;
  }
}
