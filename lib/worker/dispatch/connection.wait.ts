import type { LoggerService } from '@nestjs/common';
import type { Timers } from '../../core/index.js';
import type { Slot } from '../execution/slot.js';

const LONG_WAIT_MS = 5_000;

/** Waits for connections of the application's pool, and says once when it has none to give for long. */
export class ConnectionWait {
  private exhausted = false;

  constructor(private readonly timers: Timers) {}

  async until<T>(connect: () => Promise<T>, slot: Slot, logger: LoggerService): Promise<T> {
    const cancel = this.timers.after(LONG_WAIT_MS, () => this.lasts(logger));
    try {
      const connection = await slot.whileWaiting(connect);
      this.came(logger);
      return connection;
    } finally {
      cancel();
    }
  }

  private lasts(logger: LoggerService): void {
    if (this.exhausted) return;
    this.exhausted = true;
    logger.warn(
      `Transactional handlers have waited ${LONG_WAIT_MS / 1_000} s for a connection of the application's pool: all are ` +
        'in use, or the database does not answer. Those that get none within their timeout are tried again later. ' +
        'Look for transactions and query runners that are kept for long or never released, or enlarge the pool.',
    );
  }

  private came(logger: LoggerService): void {
    if (!this.exhausted) return;
    this.exhausted = false;
    logger.log("The application's pool has connections for transactional handlers again.");
  }
}
