import { Semaphore, systemRandom, systemTimers } from '../../core/index.js';

/** A few milliseconds, so that several processes on one file do not ask in step. */
export const breathe = (): Promise<void> => systemTimers.sleep(1 + systemRandom() * 8);

/** Gives way to one at a time, in the order of asking. */
export class SqliteMutex {
  private readonly permit = new Semaphore(1);

  get isHeld(): boolean {
    return this.permit.isFull;
  }

  /** @returns how to let go; undefined when it was not this one's turn within `timeout` milliseconds */
  async acquire(timeout: number): Promise<(() => void) | undefined> {
    const over = new AbortController();
    const cancel = systemTimers.after(timeout, () => over.abort());
    try {
      return await this.permit.acquire(over.signal);
    } catch {
      return undefined;
    } finally {
      cancel();
    }
  }
}
