import { AsyncResource } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import type { ClaimedRow, Settlement } from '../../inbox/index.js';
import { errorHeadline, errorText } from '../dispatch/error-text.js';
import type { HeldRow, LeaseKeeper } from './lease.keeper.js';
import type { SettleBatcher } from './settle.batcher.js';
import type { Slot } from './slot.js';
import type { EventSlot, Slots } from '../in-process/slots.js';
import type { WakeUp } from '../in-process/wake-up.js';

/** @returns what becomes of the row; undefined = nothing may be settled, as the lease is lost */
export type RunEvent = (
  row: ClaimedRow,
  signal: AbortSignal,
  slot: Slot,
) => Promise<Settlement | undefined>;

export interface EventRunsDependencies {
  readonly run: RunEvent;
  readonly keeper: LeaseKeeper;
  readonly batcher: SettleBatcher;
  readonly slots: Slots;
  readonly wakeUp: WakeUp;
  readonly logger: LoggerService;
}

const AFTER_A_BUG_MS = 30_000;

/** The events that this process runs, each from its claim to its settle. */
export class EventRuns {
  private readonly underway = new Set<Promise<void>>();

  constructor(private readonly dependencies: EventRunsDependencies) {}

  /** An event that is not settled yet is in danger too, although its handlers have ended. */
  get busy(): boolean {
    return this.dependencies.slots.inUse || this.dependencies.keeper.size > 0;
  }

  get count(): number {
    return this.underway.size;
  }

  /**
   * @param since when its claim was asked for
   * @returns when it is settled, or not ours any more; never rejects
   */
  begin(row: ClaimedRow, since: number): Promise<void> {
    const held = this.dependencies.keeper.hold(row, since);
    const slot = this.dependencies.slots.open(row.source);
    // Its own, as a handler that calls `AsyncLocalStorage.enterWith` changes the one it runs in.
    const context = new AsyncResource('armox-armalo:event');
    const ended = context
      .runInAsyncScope(() => this.execute(held, slot))
      .finally(() => this.underway.delete(ended));
    this.underway.add(ended);
    return ended;
  }

  async ended(): Promise<void> {
    while (this.underway.size > 0) await Promise.all(this.underway);
  }

  /** The slot is free when the handlers have ended, before the settle is written. */
  private async execute(held: HeldRow, slot: EventSlot): Promise<void> {
    const { batcher, keeper, wakeUp } = this.dependencies;
    const settlement = await this.runOrReport(held, slot);
    slot.close();
    wakeUp.wake('slot');
    if (settlement && !held.lost) {
      keeper.ended(held);
      const outcome = await batcher.settle(settlement, () => !held.lost);
      // At shutdown what could not be settled is given back with the rest.
      if (outcome === 'dropped' && wakeUp.stopped) return;
      if (outcome === 'dropped') keeper.drop(held);
      if (outcome === 'refused') this.logRefused(held);
    } else if (wakeUp.stopped && !held.lost) return;
    keeper.release(held);
    wakeUp.wake('slot');
  }

  private async runOrReport(held: HeldRow, slot: Slot): Promise<Settlement | undefined> {
    const { row, signal } = held;
    try {
      return await this.dependencies.run(row, signal, slot);
    } catch (error) {
      this.dependencies.logger.error(`Event #${row.id} could not be run: ${errorHeadline(error)}`);
      const { id, token, completedHandlers, attempt } = row;
      const base = { id, token, completedHandlers, attempt, failures: [] };
      return { ...base, to: 'retry', inMs: AFTER_A_BUG_MS, error: errorText(error) };
    }
  }

  private logRefused({ row }: HeldRow): void {
    this.dependencies.logger.warn(
      `Event #${row.id} (${row.source} ${row.name}) lost its lease before it was settled; whoever has it ` +
        'now settles it.',
    );
  }
}
