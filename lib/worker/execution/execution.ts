import { AsyncResource } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import {
  diagnose,
  diagnosedAttempt,
  within,
  type Abortable,
  type Random,
  type Timers,
  type Tracing,
} from '../../core/index.js';
import type { ClaimedRow, Lease, Settlement, WorkStore } from '../../inbox/index.js';
import { errorHeadline, errorText } from '../dispatch/error-text.js';
import { outcomeOf, type ExecutionOutcome } from './execution.outcome.js';
import { LeaseKeeper, type HeldRow } from './lease.keeper.js';
import { SettleBatcher } from './settle.batcher.js';
import { keptSlot, type Slot } from './slot.js';

/** @returns what becomes of the row; undefined = nothing may be settled, as the lease is lost */
export type Dispatch = (
  row: ClaimedRow,
  signal: Abortable,
  slot: Slot,
) => Promise<Settlement | undefined>;

export interface ExecutionDependencies {
  readonly store: Pick<WorkStore, 'claimById' | 'heartbeat' | 'settle' | 'release'>;
  readonly dispatch: Dispatch;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing | undefined;
  /** Milliseconds that a claim lasts unless a heartbeat, every third of it, extends it. */
  readonly lease: number;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** What an engine says of a row that it has claimed itself. */
export interface ClaimedTurn {
  /** Default: one that is kept while the event waits for a connection. */
  readonly slot?: Slot;
  /** Called when the handlers have ended, before what they came to is written: others may run now. */
  readonly handled?: () => void;
}

const AFTER_A_BUG_MS = 30_000;
/** What handlers get, after they were told to stop, before their rows are given back. */
const LAST_GRACE_MS = 1_000;

/**
 * Runs events, whatever engine says which and when: each is claimed, its lease is extended while its
 * handlers run, and what came of them is settled. The engine decides how many run at once.
 */
export class Execution {
  private readonly keeper: LeaseKeeper;
  private readonly batcher: SettleBatcher;
  private running = 0;
  /** Called when nothing runs any more. */
  private whenIdle: (() => void) | undefined;
  private stopped: Promise<void> | undefined;

  constructor(private readonly dependencies: ExecutionDependencies) {
    const { store, lease, timers, random, logger } = dependencies;
    this.keeper = new LeaseKeeper(store, lease, timers, random, logger);
    this.batcher = new SettleBatcher(store, timers, random, logger);
  }

  /** Events from the beginning of their run until they are settled, as they are in danger until then. */
  get size(): number {
    return this.running;
  }

  /** Of the rows that this process answers for. */
  get leases(): readonly Lease[] {
    return this.keeper.leases();
  }

  /** Once, before anything runs. */
  start(): void {
    this.keeper.start();
  }

  /**
   * Claims the event and runs it.
   * @param id of its row in the inbox
   * @throws the database's error when it cannot be claimed; nothing else
   */
  async run(id: string): Promise<ExecutionOutcome> {
    const { store, lease, timers } = this.dependencies;
    if (this.stopped) return { outcome: 'not-claimed' };
    const since = timers.now();
    const [row] = await store.claimById([id], lease);
    const held = row && this.hold(row, since);
    if (held && !this.stopped) return this.runHeld(held);
    if (held) await this.release([held]);
    return { outcome: 'not-claimed' };
  }

  /**
   * Keeps the lease of a claimed row until it has been run, or is released.
   * @param since when the claim was asked for, by `timers`: the lease cannot have begun earlier
   */
  hold(row: ClaimedRow, since: number): HeldRow {
    diagnose('claimed', () => ({ ...diagnosedAttempt(row), dueAt: row.dueAt }));
    return this.keeper.hold(row, since);
  }

  /** @returns when it is settled, or not ours any more; never rejects */
  runHeld(held: HeldRow, turn: ClaimedTurn = {}): Promise<ExecutionOutcome> {
    // Its own, as a handler that calls `AsyncLocalStorage.enterWith` changes the one it runs in.
    const context = new AsyncResource('armox-armalo:event');
    return context.runInAsyncScope(() => this.execute(held, turn));
  }

  /**
   * Gives back what ran over its time while the database was away. Done with each heartbeat; who takes up the
   * events of dead processes does it before, as an outage must not count as a death.
   */
  releaseOverdue(): Promise<void> {
    return this.keeper.releaseOverdue();
  }

  /** Rows that have not been run are pending again, with their attempt. Never rejects. */
  async release(rows: readonly HeldRow[]): Promise<void> {
    for (const held of rows) this.keeper.release(held);
    await this.giveBack(rows.map(({ row }) => row));
  }

  private async giveBack(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    const { store, logger } = this.dependencies;
    try {
      await store.release(leases.map(({ id, token }) => ({ id, token })));
    } catch (error) {
      logger.warn(
        `${leases.length} events could not be given back, and run again when their leases end: ${errorHeadline(error)}`,
      );
    }
  }

  /**
   * Lets handlers end within the grace, tells the others to stop, and gives their events back with their
   * attempt. Resolves when all is written, or cannot be. A second call waits for the first.
   * @param engine settles when it begins nothing more
   */
  stop({ graceMs, engine }: { graceMs: number; engine: Promise<void> }): Promise<void> {
    this.stopped ??= this.shutDown(graceMs, engine);
    return this.stopped;
  }

  private async shutDown(graceMs: number, engine: Promise<void>): Promise<void> {
    const { timers } = this.dependencies;
    const nothingMore = () => this.allEnded();
    const allEnded = engine.then(nothingMore, nothingMore);
    await within(allEnded, graceMs, timers);
    if (this.size > 0) {
      this.keeper.abortAll(new Error('The application is shutting down.'));
      await within(allEnded, LAST_GRACE_MS, timers);
      this.batcher.abandon();
    }
    await within(this.giveBack(this.leases), LAST_GRACE_MS, timers);
    this.keeper.stop();
  }

  private async allEnded(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => (this.whenIdle = resolve));
  }

  private async execute(held: HeldRow, turn: ClaimedTurn): Promise<ExecutionOutcome> {
    this.running += 1;
    try {
      const settlement = await this.attempt(held, turn.slot ?? keptSlot);
      turn.handled?.();
      if (settlement && !held.lost) return await this.settle(held, settlement);
      // At shutdown it is given back with the rest.
      if (held.lost || !this.stopped) this.keeper.release(held);
      return { outcome: 'unsettled' };
    } finally {
      this.running -= 1;
      if (this.running === 0) this.whenIdle?.();
    }
  }

  private attempt(held: HeldRow, slot: Slot): Promise<Settlement | undefined> {
    const { tracing } = this.dependencies;
    if (!tracing) return this.dispatchOrReport(held, slot);
    return tracing.attempting(held.row, () => this.dispatchOrReport(held, slot));
  }

  private async settle(held: HeldRow, settlement: Settlement): Promise<ExecutionOutcome> {
    if (settlement.to === 'done' && settlement.written) {
      this.keeper.release(held);
      this.diagnoseSettled(held, settlement);
      return outcomeOf(settlement);
    }
    this.keeper.ended(held);
    const written = await this.batcher.settle(settlement, () => !held.lost);
    if (written === 'refused') this.refused(held);
    if (written !== 'dropped') this.keeper.release(held);
    else if (!this.stopped) this.keeper.drop(held);
    if (written !== 'settled') return { outcome: 'unsettled' };
    this.diagnoseSettled(held, settlement);
    return outcomeOf(settlement);
  }

  private diagnoseSettled({ row, since }: HeldRow, settlement: Settlement): void {
    diagnose('settled', () => ({
      ...diagnosedAttempt(row),
      outcome: settlement.to,
      ...('reason' in settlement && { reason: settlement.reason }),
      ...('inMs' in settlement && { inMs: settlement.inMs }),
      duration: this.dependencies.timers.now() - since,
    }));
  }

  private async dispatchOrReport(held: HeldRow, slot: Slot): Promise<Settlement | undefined> {
    const { row, signal } = held;
    try {
      return await this.dependencies.dispatch(row, signal, slot);
    } catch (error) {
      this.dependencies.logger.error(`Event #${row.id} could not be run: ${errorHeadline(error)}`);
      const { id, token, completedHandlers, attempt } = row;
      const base = { id, token, completedHandlers, attempt, failures: [] };
      return { ...base, to: 'retry', inMs: AFTER_A_BUG_MS, error: errorText(error) };
    }
  }

  private refused({ row, lost }: HeldRow): void {
    if (!lost) diagnose('lease-lost', () => diagnosedAttempt(row));
    this.dependencies.logger.warn(
      `Event #${row.id} (${row.source} ${row.name}) lost its lease before it was settled; whoever has it ` +
        'now settles it.',
    );
  }
}
