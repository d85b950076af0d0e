import type { Abortable } from './abortable.js';

/** Lets so many in at a time, the others in order of asking. */
export class Semaphore {
  private free: number;
  private readonly queue = new Set<() => void>();

  constructor(permits: number) {
    this.free = permits;
  }

  get isFull(): boolean {
    return this.free === 0;
  }

  /**
   * @returns how to give the permit back; calling it twice does no harm
   * @throws the signal's reason when it aborts before there is a permit
   */
  async acquire(signal: Abortable): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.turn(signal);
    let held = true;
    return () => {
      if (held) this.release();
      held = false;
    };
  }

  /** Gives the permit back if somebody waits for it. @returns whether somebody does */
  passOn(leave: () => void): boolean {
    if (this.queue.size === 0) return false;
    leave();
    return true;
  }

  private turn(signal: Abortable): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.queue.delete(enter);
        const reason = signal.reason as Error;
        reject(reason);
      };
      this.queue.add(enter);
      signal.addEventListener('abort', leave);
    });
  }

  private release(): void {
    const [next] = this.queue;
    if (!next) {
      this.free++;
      return;
    }
    this.queue.delete(next);
    next();
  }
}
