import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import type { Random } from '../core/index.js';
import type { ClaimedRow, InboxStore, Settlement } from '../inbox/index.js';
import { errorHeadline, errorText } from './error-text.js';
import { LeaseKeeper, type HeldRow } from './lease.keeper.js';
import { Outage } from './outage.js';
import { SettleBatcher } from './settle.batcher.js';
import type { Slot } from './slot.js';
import type { Timers } from './timers.js';
import { WakeUp } from './wake-up.js';
import type { WorkerSettings } from './worker.settings.js';

export type LoopStore = Pick<
  InboxStore,
  'claim' | 'claimSuspect' | 'hasSuspects' | 'heartbeat' | 'settle' | 'giveBack' | 'nextDueIn'
>;

export interface WorkerLoopParts {
  readonly store: LoopStore;
  /** @returns what becomes of the row; undefined = nothing may be settled, as the lease is lost */
  readonly run: (
    row: ClaimedRow,
    signal: AbortSignal,
    slot: Slot,
  ) => Promise<Settlement | undefined>;
  readonly settings: Pick<WorkerSettings, 'concurrency' | 'lease' | 'pollInterval' | 'maxDeaths'>;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** The store's largest claim (design section 5, "Shape for speed"). */
const LARGEST_CLAIM = 500;
/** Handled but not yet settled rows wait in memory; so many, and claiming pauses. */
const MOST_UNSETTLED = 2_000;
/** A claim got nothing although something is due: another worker was faster. Then not at once again. */
const SHORTEST_SLEEP = 25;
/** Suspects run one after the other with nothing beside them, so others get their turn after this. */
const SUSPECTS_AT_A_TIME_MS = 10_000;
/** What handlers get, after they were told to stop, before their rows are given back. */
const LAST_GRACE_MS = 1_000;
const AFTER_A_BUG_MS = 30_000;

/** Claims events and runs them, until stopped. Knows neither Nest nor SQL. */
export class WorkerLoop {
  // Taken here, at bootstrap, so that nothing of a request's context lives on in the loop's timers
  // and handlers, whoever calls notify (nestjs/throttler#2629).
  private readonly atBootstrap = AsyncLocalStorage.snapshot();
  private readonly keeper: LeaseKeeper;
  private readonly batcher: SettleBatcher;
  private readonly claiming: Outage;
  private readonly rescuing: Outage;
  private readonly wakeUp: WakeUp;
  private readonly slot: Slot = { whileWaiting: (wait) => this.withoutSlot(wait) };
  private readonly underway = new Set<Promise<void>>();
  private running = 0;
  private stopping = false;
  private notified = false;
  private nextSuspectCheck = 0;
  private dryClaims = 0;
  private stopped: Promise<void> | undefined;
  private looping: Promise<void> | undefined;

  constructor(private readonly parts: WorkerLoopParts) {
    const { store, settings, timers, random, logger } = parts;
    this.keeper = new LeaseKeeper(store, settings.lease, timers, random, logger);
    this.batcher = new SettleBatcher(store, timers, random, logger);
    this.claiming = new Outage('claim events', 'They stay in the inbox.', logger, random);
    const later = 'They are looked for again.';
    this.rescuing = new Outage('look for events of dead processes', later, logger, random);
    this.wakeUp = new WakeUp(timers);
  }

  /** Once. */
  start(): void {
    this.atBootstrap(() => {
      this.keeper.start();
      this.nextSuspectCheck = this.parts.timers.now();
      this.looping = this.loop();
    });
  }

  /** There is something new to claim. Costs nothing when the loop is not asleep. */
  notify(): void {
    this.notified = true;
    this.wakeUp.wake('news');
  }

  /**
   * Claims nothing more, lets handlers end within the grace, tells the others to stop, and gives
   * their events back with their attempt. Resolves when all is written, or cannot be.
   */
  stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.stopped ??= this.shutDown(graceMs);
    return this.stopped;
  }

  private async shutDown(graceMs: number): Promise<void> {
    this.stopping = true;
    this.wakeUp.wake('stop');
    await this.within(graceMs, this.allUnderway());
    if (this.underway.size > 0) {
      this.keeper.abortAll(new Error('The application is shutting down.'));
      await this.within(LAST_GRACE_MS, this.allUnderway());
      this.batcher.abandon();
    }
    await this.within(LAST_GRACE_MS, this.giveBack(this.keeper.leases()));
    this.keeper.stop();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      await this.runSuspects();
      const free = this.freeSlots();
      if (free <= 0) {
        await this.wakeUp.sleep(this.parts.settings.pollInterval, ['slot']);
        continue;
      }
      this.notified = false;
      await this.claim(free);
    }
  }

  private freeSlots(): number {
    const slots = this.parts.settings.concurrency - this.running;
    return Math.min(slots, MOST_UNSETTLED - this.keeper.size, LARGEST_CLAIM);
  }

  /** A claim that brings less than was asked for does not prove the queue empty; one of none does. */
  private async claim(limit: number): Promise<void> {
    const { store, settings, timers } = this.parts;
    const since = timers.now();
    try {
      const rows = await store.claim(limit, settings.lease);
      if (this.stopping) return await this.giveBack(rows);
      for (const row of rows) this.launch(this.keeper.hold(row, since));
      const due = rows.length === 0 ? await store.nextDueIn() : 0;
      this.claiming.succeeded();
      if (rows.length === 0) await this.idle(due);
      else this.dryClaims = 0;
    } catch (error) {
      await this.wakeUp.sleep(this.claiming.failed(error), []);
    }
  }

  private async idle(due: number | undefined): Promise<void> {
    if (this.notified) return;
    const { pollInterval } = this.parts.settings;
    const poll = pollInterval * (0.75 + this.parts.random() / 2);
    const shortest = Math.min(poll, SHORTEST_SLEEP * 2 ** Math.min(this.dryClaims++, 16));
    await this.wakeUp.sleep(Math.max(shortest, Math.min(due ?? poll, poll)), ['news']);
  }

  private launch(held: HeldRow): void {
    this.running++;
    // Its own, as a handler that calls `AsyncLocalStorage.enterWith` changes the one it runs in.
    const context = new AsyncResource('armox-armalo:event');
    const ended = context
      .runInAsyncScope(() => this.execute(held))
      .finally(() => this.underway.delete(ended));
    this.underway.add(ended);
  }

  /** Never rejects. The slot is free when the handlers have ended, before the settle is written. */
  private async execute(held: HeldRow): Promise<void> {
    const settlement = await this.runOrReport(held);
    this.running--;
    this.wakeUp.wake('slot');
    if (settlement && !held.lost) {
      const outcome = await this.batcher.settle(settlement, () => !held.lost);
      // At shutdown what could not be settled is given back with the rest.
      if (outcome === 'dropped' && this.stopping) return;
      if (outcome === 'refused') this.logRefused(held);
    } else if (this.stopping && !held.lost) return;
    this.keeper.release(held);
    this.wakeUp.wake('slot');
  }

  private async withoutSlot<T>(wait: () => Promise<T>): Promise<T> {
    this.running--;
    this.wakeUp.wake('slot');
    try {
      return await wait();
    } finally {
      this.running++;
    }
  }

  private async runOrReport(held: HeldRow): Promise<Settlement | undefined> {
    const { row, signal } = held;
    try {
      return await this.parts.run(row, signal, this.slot);
    } catch (error) {
      this.parts.logger.error(`Event #${row.id} could not be run: ${errorHeadline(error)}`);
      const { id, token, handled, attempt } = row;
      const wait = AFTER_A_BUG_MS;
      return {
        id,
        token,
        handled,
        attempt,
        failures: [],
        to: 'retry',
        inMs: wait,
        error: errorText(error),
      };
    }
  }

  /** Rows whose process died may be what killed it: they run with nothing beside them. */
  private async runSuspects(): Promise<void> {
    const { timers, settings, random } = this.parts;
    const began = timers.now();
    if (began < this.nextSuspectCheck) return;
    while (!this.stopping && timers.now() - began < SUSPECTS_AT_A_TIME_MS) {
      // Leased only when nothing else runs: a killer among the others must not be its second death.
      if (this.isBusy && !(await this.hasSuspects())) break;
      await this.quiet();
      const suspect = this.stopping ? undefined : await this.claimSuspect();
      if (!suspect) break;
      if (this.stopping) {
        await this.giveBack([suspect.row]);
        this.keeper.release(suspect);
      } else if (!suspect.lost) {
        this.launch(suspect);
        await this.quiet();
      }
    }
    this.nextSuspectCheck = timers.now() + settings.pollInterval * (0.75 + random() / 2);
  }

  /** An event that is not settled yet is in danger too, although its handlers have ended. */
  private get isBusy(): boolean {
    return this.running > 0 || this.keeper.size > 0;
  }

  /** Until no handler runs and all is settled, or the loop is told to stop. */
  private async quiet(): Promise<void> {
    while (this.isBusy && !this.stopping) {
      await this.wakeUp.sleep(this.parts.settings.pollInterval, ['slot']);
    }
  }

  private async hasSuspects(): Promise<boolean> {
    return (await this.rescued((store) => store.hasSuspects())) ?? false;
  }

  private async claimSuspect(): Promise<HeldRow | undefined> {
    const { settings, timers } = this.parts;
    const since = timers.now();
    const row = await this.rescued((store) =>
      store.claimSuspect(settings.lease, settings.maxDeaths),
    );
    return row && this.keeper.hold(row, since);
  }

  private async rescued<Found>(
    look: (store: LoopStore) => Promise<Found>,
  ): Promise<Found | undefined> {
    const { store } = this.parts;
    try {
      await this.keeper.giveBackOverdue(store);
      const found = await look(store);
      this.rescuing.succeeded();
      return found;
    } catch (error) {
      await this.wakeUp.sleep(this.rescuing.failed(error), []);
      return undefined;
    }
  }

  private async allUnderway(): Promise<void> {
    await this.looping;
    while (this.underway.size > 0) await Promise.all(this.underway);
  }

  private async giveBack(rows: readonly { readonly id: string; readonly token: string }[]) {
    if (rows.length === 0) return;
    try {
      await this.parts.store.giveBack(rows.map(({ id, token }) => ({ id, token })));
    } catch (error) {
      this.parts.logger.warn(
        `${rows.length} events could not be given back, and run again when their leases end: ${errorHeadline(error)}`,
      );
    }
  }

  private async within(ms: number, work: Promise<void>): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.parts.timers.after(ms, resolve);
    });
    await Promise.race([work, over]);
    cancel();
  }

  private logRefused({ row }: HeldRow): void {
    this.parts.logger.warn(
      `Event #${row.id} (${row.source} ${row.name}) lost its lease before it was settled; whoever has it ` +
        'now settles it.',
    );
  }
}
