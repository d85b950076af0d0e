import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import type { Random, Timers } from '../../core/index.js';
import type { ClaimedRow, ClaimException, WorkStore, Lease } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';
import { EventRuns, type RunEvent } from '../execution/event.runs.js';
import { LeaseKeeper } from '../execution/lease.keeper.js';
import { Outage } from '../execution/outage.js';
import { StalledRecovery } from './stalled.recovery.js';
import { SettleBatcher } from '../execution/settle.batcher.js';
import { Slots, type NextClaim } from './slots.js';
import { WakeUp } from './wake-up.js';
import type { WorkerSettings } from '../worker.settings.js';

export type LoopStore = Pick<
  WorkStore,
  'claim' | 'claimStalled' | 'noLongerAlone' | 'outlook' | 'heartbeat' | 'settle' | 'release'
>;

export interface WorkerLoopDependencies {
  readonly store: LoopStore;
  readonly run: RunEvent;
  readonly settings: Pick<
    WorkerSettings,
    'concurrency' | 'transactions' | 'lease' | 'pollInterval' | 'maxStalledCount'
  >;
  /** Names of the sources that events come from; one leaves some slots to the others. */
  readonly sources: readonly string[];
  /** Events that have a transactional handler: not claimed while enough of them wait for their turn. */
  readonly transactional: () => readonly ClaimException[];
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** The store's largest claim. */
const LARGEST_CLAIM = 500;
/** Handled but not yet settled rows wait in memory; so many, and claiming pauses. */
const MOST_UNSETTLED = 2_000;
/** A claim got nothing although something is due. Then not at once again. */
const SHORTEST_SLEEP = 25;
/**
 * A claim that walks past the events of others and finds none behind them rests so many times as long:
 * `pastTheBusy` costs the source that has much to do a tenth of its time, the other walks nobody's.
 */
const REST_AFTER_A_WALK = { pastTheBusy: 10, pastTheWaiting: 1 };
/** What handlers get, after they were told to stop, before their rows are given back. */
const LAST_GRACE_MS = 1_000;

/** Claims events and runs them, until stopped. Knows neither Nest nor SQL. */
export class WorkerLoop {
  // Taken here, at bootstrap, so that nothing of a request's context lives on in the loop's timers
  // and handlers, whoever calls notify (nestjs/throttler#2629).
  private readonly atBootstrap = AsyncLocalStorage.snapshot();
  private readonly keeper: LeaseKeeper;
  private readonly batcher: SettleBatcher;
  private readonly slots: Slots;
  private readonly runs: EventRuns;
  private readonly recovery: StalledRecovery;
  private readonly claiming: Outage;
  private readonly looking: Outage;
  private readonly wakeUp: WakeUp;
  private notified = false;
  private nextLook = -Infinity;
  private nextWalk = -Infinity;
  private dryClaims = 0;
  private stopped: Promise<void> | undefined;
  private looping: Promise<void> | undefined;

  constructor(private readonly dependencies: WorkerLoopDependencies) {
    const { store, run, settings, sources, transactional, timers, random, logger } = dependencies;
    const wakeUp = (this.wakeUp = new WakeUp(timers));
    const keeper = (this.keeper = new LeaseKeeper(store, settings.lease, timers, random, logger));
    const batcher = (this.batcher = new SettleBatcher(store, timers, random, logger));
    this.claiming = new Outage('claim events', 'They stay in the inbox.', logger, random);
    const later = 'They are looked for again.';
    const outage = (this.looking = new Outage('look for events', later, logger, random));
    const { concurrency, transactions } = settings;
    const freed = () => wakeUp.wake('slot');
    const slots = new Slots({ concurrency, transactions, sources, transactional, freed });
    this.slots = slots;
    const runs = (this.runs = new EventRuns({ run, keeper, batcher, slots, wakeUp, logger }));
    const looksAgain = () => this.lookAgain();
    const recovery = { store, settings, timers, keeper, runs, wakeUp, outage, looksAgain };
    this.recovery = new StalledRecovery(recovery);
  }

  /** Once. */
  start(): void {
    this.atBootstrap(() => {
      this.keeper.start();
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
    this.wakeUp.wake('stop');
    await this.within(graceMs, this.allUnderway());
    if (this.runs.count > 0) {
      this.keeper.abortAll(new Error('The application is shutting down.'));
      await this.within(LAST_GRACE_MS, this.allUnderway());
      this.batcher.abandon();
    }
    await this.within(LAST_GRACE_MS, this.release(this.keeper.leases()));
    this.keeper.stop();
  }

  private async loop(): Promise<void> {
    while (!this.wakeUp.stopped) {
      const next = this.nextClaim();
      if (!next) await this.wakeUp.sleep(this.dependencies.settings.pollInterval, ['slot']);
      else if (this.dependencies.timers.now() >= this.nextLook) await this.look();
      else await this.claim(next);
    }
  }

  private nextClaim(): NextClaim | undefined {
    const next = this.slots.next();
    const most = Math.min(MOST_UNSETTLED - this.keeper.size, LARGEST_CLAIM);
    return next && most > 0 ? { ...next, limit: Math.min(next.limit, most) } : undefined;
  }

  /** A claim that brings less than was asked for does not prove the queue empty; one of none does. */
  private async claim({ limit, except, pastTheBusy }: NextClaim): Promise<void> {
    const { store, settings, timers } = this.dependencies;
    const walks = except.length > 0;
    const since = timers.now();
    if (walks && since < this.nextWalk) {
      await this.wakeUp.sleep(this.nextWalk - since, ['slot']);
      return;
    }
    this.notified = false;
    let rows: readonly ClaimedRow[];
    try {
      rows = await store.claim(limit, settings.lease, except);
      this.claiming.succeeded();
    } catch (error) {
      await this.wakeUp.sleep(this.claiming.failed(error), []);
      return;
    }
    if (this.wakeUp.stopped) return this.release(rows);
    for (const row of rows) void this.runs.begin(row, since);
    if (rows.length > 0) this.dryClaims = 0;
    else if (walks) await this.restAfterWalk(timers.now() - since, pastTheBusy);
    else await this.look('after a dry claim');
  }

  /** One statement tells an idle worker all it has to know. */
  private async look(when?: 'after a dry claim'): Promise<void> {
    const { store, timers } = this.dependencies;
    const poll = this.poll();
    if (!when) this.notified = false;
    this.nextLook = timers.now() + poll;
    let dueIn: number | undefined;
    try {
      await this.keeper.releaseOverdue(store);
      const outlook = await store.outlook();
      const rescued = await this.recovery.recover(outlook);
      this.looking.succeeded();
      if (rescued) return;
      dueIn = outlook.dueIn;
    } catch (error) {
      await this.wakeUp.sleep(this.looking.failed(error), []);
      return;
    }
    if (dueIn !== 0) this.dryClaims = 0;
    // Due, and yet not to be had: another worker was faster, or something is locked.
    const wait = dueIn === 0 && when ? this.shortestSleep() : Math.min(dueIn ?? poll, poll);
    if (wait === 0 || this.notified) return;
    const undisturbed = await this.wakeUp.sleep(wait, ['news']);
    if (undisturbed && wait >= poll) this.lookAgain();
  }

  /** Behind a long queue of others' events the walk takes its time. */
  private async restAfterWalk(took: number, pastTheBusy: boolean): Promise<void> {
    const times = REST_AFTER_A_WALK[pastTheBusy ? 'pastTheBusy' : 'pastTheWaiting'];
    this.nextWalk = this.dependencies.timers.now() + times * took;
    if (this.notified) return;
    await this.wakeUp.sleep(this.shortestSleep(), ['news', 'slot']);
  }

  private lookAgain(): void {
    this.nextLook = -Infinity;
    this.wakeUp.wake('news');
  }

  private poll(): number {
    return this.dependencies.settings.pollInterval * (0.75 + this.dependencies.random() / 2);
  }

  /** Twice as long after each further claim that brought nothing. */
  private shortestSleep(): number {
    const sleep = SHORTEST_SLEEP * 2 ** Math.min(this.dryClaims++, 16);
    return Math.min(sleep, this.dependencies.settings.pollInterval);
  }

  private async allUnderway(): Promise<void> {
    await this.looping;
    await this.runs.ended();
  }

  private async release(rows: readonly Lease[]): Promise<void> {
    if (rows.length === 0) return;
    try {
      await this.dependencies.store.release(rows.map(({ id, token }) => ({ id, token })));
    } catch (error) {
      this.dependencies.logger.warn(
        `${rows.length} events could not be given back, and run again when their leases end: ${errorHeadline(error)}`,
      );
    }
  }

  private async within(ms: number, work: Promise<void>): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.dependencies.timers.after(ms, resolve);
    });
    await Promise.race([work, over]);
    cancel();
  }
}
