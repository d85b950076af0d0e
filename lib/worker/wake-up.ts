import type { Timers } from './timers.js';

/** What the loop may wait for besides time. `stop` ends every sleep. */
export type WakeReason = 'news' | 'slot' | 'stop';

/** The loop's one sleep at a time. */
export class WakeUp {
  private sleeping: { readonly for: readonly WakeReason[]; readonly end: () => void } | undefined;
  private stopped = false;

  constructor(private readonly timers: Timers) {}

  sleep(ms: number, reasons: readonly WakeReason[]): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.sleeping = undefined;
        resolve();
      };
      const cancel = this.timers.after(ms, end);
      this.sleeping = { for: reasons, end };
    });
  }

  wake(reason: WakeReason): void {
    if (reason === 'stop') this.stopped = true;
    if (reason === 'stop' || this.sleeping?.for.includes(reason)) this.sleeping?.end();
  }
}
