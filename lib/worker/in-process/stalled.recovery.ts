import type { Timers } from '../../core/index.js';
import type { WorkStore, Lease, Outlook } from '../../inbox/index.js';
import type { Execution } from '../execution/execution.js';
import type { HeldRow } from '../execution/lease.keeper.js';
import type { Outage } from '../execution/outage.js';
import type { WakeUp } from './wake-up.js';
import type { WorkerSettings } from '../worker.settings.js';

export interface StalledRecoveryDependencies {
  readonly store: Pick<WorkStore, 'claimStalled' | 'noLongerAlone'>;
  readonly settings: Pick<WorkerSettings, 'lease' | 'maxStalledCount' | 'pollInterval'>;
  readonly timers: Timers;
  readonly execution: Pick<Execution, 'leases' | 'hold' | 'release'>;
  /** Whether anything runs or will at once. */
  readonly busy: () => boolean;
  /** Resolves when the event is settled, or not ours any more. */
  readonly begin: (held: HeldRow) => Promise<void>;
  readonly wakeUp: WakeUp;
  readonly outage: Outage;
  /** Called when an event that ran among others has ended, and the next of its kind can be taken. */
  readonly looksAgain: () => void;
}

/** What others wait, at most, for an event that runs alone. */
const ALONE_MS = 1_000;
/** Work for others, for each millisecond that they had to wait. */
const WORK_BETWEEN = 10;

/**
 * Takes up the events of dead processes. One of them may be what killed its process, so each runs with
 * nothing beside it where the worker is idle: then a death tells which one it is, and has no neighbours. A worker
 * that is not idle goes on working, and takes them among the others, one at a time.
 */
export class StalledRecovery {
  private aloneAgainAt = 0;
  private nextTry = -Infinity;
  private amongOthers = false;

  constructor(private readonly dependencies: StalledRecoveryDependencies) {}

  /** @returns whether one was taken */
  async recover({ dueIn, leaseOverIn }: Outlook): Promise<boolean> {
    const { timers, settings } = this.dependencies;
    const othersWait = dueIn === 0;
    // Nobody is kept waiting, so nobody is owed anything.
    if (!othersWait) this.aloneAgainAt = 0;
    if (leaseOverIn !== 0) return false;
    const alone = !this.busy && timers.now() >= this.aloneAgainAt;
    // An idle worker that has kept others waiting works for them first.
    if (!alone && (this.amongOthers || !this.busy)) return false;
    const since = timers.now();
    if (since < this.nextTry) return false;
    const held = await this.claim(alone, since);
    if (!held) {
      // Locked, or another worker's by now: who looks after every claim must not try each time.
      this.nextTry = timers.now() + settings.pollInterval;
      return false;
    }
    if (alone) await this.runAlone(held);
    else this.runAmongOthers(held);
    return true;
  }

  private get busy(): boolean {
    return this.dependencies.busy();
  }

  private async claim(alone: boolean, since: number): Promise<HeldRow | undefined> {
    const { store, settings, execution, wakeUp } = this.dependencies;
    const row = await store.claimStalled({
      leaseMs: settings.lease,
      maxStalledCount: settings.maxStalledCount,
      alone,
      held: new Set(execution.leases.map(({ id }) => id)),
    });
    const held = row && execution.hold(row, since);
    if (!held || !wakeUp.stopped) return held;
    await execution.release([held]);
    return undefined;
  }

  private runAmongOthers(held: HeldRow): void {
    this.amongOthers = true;
    void this.dependencies.begin(held).then(() => {
      this.amongOthers = false;
      this.dependencies.looksAgain();
    });
  }

  /** Until it is settled, or for so long that others must not wait any more. */
  private async runAlone(held: HeldRow): Promise<void> {
    const { timers, begin, wakeUp, looksAgain } = this.dependencies;
    const began = timers.now();
    void begin(held);
    const over = began + ALONE_MS;
    while (this.busy && !wakeUp.stopped && timers.now() < over) {
      await wakeUp.sleep(over - timers.now(), ['slot']);
    }
    this.aloneAgainAt = timers.now() + WORK_BETWEEN * (timers.now() - began);
    await this.noLongerAlone(held.row);
    looksAgain();
  }

  /** Nothing is begun beside the event before this is written: a death must never be counted as one alone if it was not. */
  private async noLongerAlone(lease: Lease): Promise<void> {
    const { store, wakeUp, outage } = this.dependencies;
    while (this.busy) {
      try {
        return await store.noLongerAlone(lease);
      } catch (error) {
        if (wakeUp.stopped) return;
        await wakeUp.sleep(outage.failed(error), ['slot']);
      }
    }
  }
}
