import { setTimeout as pause } from 'node:timers/promises';
import { systemRandom } from '../../core/index.js';

/** A few milliseconds, so that several processes on one file do not ask in step. */
export const breathe = (): Promise<void> => pause(1 + systemRandom() * 8);

/** Gives way to one at a time, in the order of asking. */
export class SqliteMutex {
  private held = false;
  private readonly queue: (() => void)[] = [];

  get isHeld(): boolean {
    return this.held;
  }

  /** @returns how to let go; undefined when it was not this one's turn within `timeout` milliseconds */
  acquire(timeout: number): Promise<(() => void) | undefined> {
    if (!this.held) {
      this.held = true;
      return Promise.resolve(this.releaser());
    }
    return new Promise((resolve) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve(this.releaser());
      };
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(turn), 1);
        resolve(undefined);
      }, timeout);
      this.queue.push(turn);
    });
  }

  private releaser(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.queue.shift();
      if (next) next();
      else this.held = false;
    };
  }
}
