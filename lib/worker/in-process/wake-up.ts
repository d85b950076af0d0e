/** What the loop may wait for besides time. `stop` ends every sleep. */
export type WakeReason = 'news' | 'slot' | 'stop';

/** The loop's one sleep at a time. */
export class WakeUp {
  private sleeping: { readonly for: readonly WakeReason[]; readonly end: () => void } | undefined;
  private hasStopped = false;

  constructor(private readonly timers: Timers) {}

  /** Whether the loop has been told to stop. */
  get stopped(): boolean {
    return this.hasStopped;
  }

  /** @returns whether nothing ended it before its time */
  sleep(ms: number, reasons: readonly WakeReason[]): Promise<boolean> {
    if (this.hasStopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (whole: boolean) => {
        cancel();
        this.sleeping = undefined;
        resolve(whole);
      };
      const cancel = this.timers.after(ms, () => end(true));
      this.sleeping = { for: reasons, end: () => end(false) };
    });
  }

  wake(reason: WakeReason): void {
    if (reason === 'stop') this.hasStopped = true;
    if (reason === 'stop' || this.sleeping?.for.includes(reason)) this.sleeping?.end();
  }
}
import type { Timers } from '../../core/index.js';
