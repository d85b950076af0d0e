import type { LoggerService } from '@nestjs/common';
import type { Random } from '../../core/index.js';
import type { InboxStore } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';
import type { Timers } from '../timers.js';

/** Work that one of all replicas does now and then. */
export interface Duty {
  /** Name of the lease row: `retention`. */
  readonly name: string;
  /** Milliseconds. The first time comes within one interval of the start, at random. */
  readonly every: number;
  /** Must end soon after `signal` aborts. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

/** Does each duty when its time has come and this process holds its lease. */
export class DutyRoster {
  private readonly stopping = new AbortController();
  private readonly cancels = new Map<Duty, () => void>();
  private readonly underway = new Set<Promise<void>>();

  constructor(
    private readonly duties: readonly Duty[],
    /** Unique to this process. */
    private readonly owner: string,
    private readonly store: Pick<InboxStore, 'holdDuty'>,
    private readonly timers: Timers,
    private readonly random: Random,
    private readonly logger: LoggerService,
  ) {}

  start(): void {
    for (const duty of this.duties) this.schedule(duty, duty.every * this.random());
  }

  /** Resolves when no duty is being done any more. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The application is shutting down.'));
    for (const cancel of this.cancels.values()) cancel();
    await Promise.all(this.underway);
  }

  private schedule(duty: Duty, inMs: number): void {
    const cancel = this.timers.after(inMs, () => {
      const turn: Promise<void> = this.turn(duty).finally(() => {
        this.underway.delete(turn);
        if (this.stopping.signal.aborted) return;
        this.schedule(duty, duty.every * (0.9 + this.random() / 5));
      });
      this.underway.add(turn);
    });
    this.cancels.set(duty, cancel);
  }

  private async turn(duty: Duty): Promise<void> {
    try {
      // Held beyond the next turn, so that the other replicas leave it to this one while it lives.
      const held = await this.store.holdDuty(duty.name, this.owner, duty.every * 1.5);
      if (held) await duty.work(this.stopping.signal);
    } catch (error) {
      this.logger.warn(
        `The duty "${duty.name}" failed and has its next turn in ${duty.every} ms: ${errorHeadline(error)}`,
      );
    }
  }
}
