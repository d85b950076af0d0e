import { AsyncLocalStorage } from 'node:async_hooks';
import type { LoggerService } from '@nestjs/common';
import { diagnose, type Random, type Timers } from '../../core/index.js';
import type { ClaimedRow, ClaimException, Outlook, WorkStore } from '../../inbox/index.js';
import type { Execution } from '../execution/execution.js';
import type { HeldRow } from '../execution/lease.keeper.js';
import { Outage } from '../execution/outage.js';
import type { WorkerSettings } from '../worker.settings.js';
import { LARGEST_CLAIM, LookAhead, type Lane } from './look-ahead.js';
import { Slots, type NextClaim } from './slots.js';
import { StalledRecovery } from './stalled.recovery.js';
import { WakeUp } from './wake-up.js';

export interface WorkerLoopDependencies {
  readonly store: Pick<WorkStore, 'claim' | 'claimStalled' | 'noLongerAlone' | 'outlook'>;
  /** Started already; what begins in the loop runs in it. */
  readonly execution: Execution;
  readonly settings: Pick<
    WorkerSettings,
    'concurrency' | 'transactions' | 'lease' | 'pollInterval' | 'maxStalledCount'
  >;
  /** Names of the sources that events come from; one leaves some slots to the others. */
  readonly sources: readonly string[];
  /** Events that need a transaction of their own, or a group's: not claimed while enough of them wait for it. */
  readonly needing: (needs: 'transaction' | 'group') => readonly ClaimException[];
  /** When to look for events, where the next one is due in `dueIn` milliseconds. Default: then. */
  readonly lookIn?: (dueIn: number | undefined) => number | undefined;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: LoggerService;
}

/** Handled but not yet settled rows wait in memory; so many, and claiming pauses. */
const MOST_UNSETTLED = 2_000;
/** A claim got nothing although something is due. Then not at once again. */
const SHORTEST_SLEEP = 25;
/**
 * A claim that walks past the events of others and finds none behind them rests so many times as long:
 * `pastTheBusy` costs the source that has much to do a tenth of its time, the other walks nobody's.
 */
const REST_AFTER_A_WALK = { pastTheBusy: 10, pastTheWaiting: 1 };
/**
 * Quick handlers end without the event loop coming round. After so many, requests have their turn, and the database
 * is told of those that have ended and asked for more.
 */
const MOST_IN_A_TURN = 64;
/** As long as those that wait for a connection get one, what is behind them comes soon enough by itself. */
const FLOWS_FOR = 20;

/** The engine that needs nothing but the database: finds what can start, until stopped. */
export class WorkerLoop {
  // Taken here, at bootstrap, so that nothing of a request's context lives on in the loop's timers
  // and handlers, whoever calls notify (nestjs/throttler#2629).
  private readonly atBootstrap = AsyncLocalStorage.snapshot();
  private readonly slots: Slots;
  private readonly lookAhead: LookAhead;
  private readonly mayStart = (lane: Lane): boolean => this.slots.mayStart(lane);
  private readonly recovery: StalledRecovery;
  private readonly claiming: Outage;
  private readonly looking: Outage;
  private readonly wakeUp: WakeUp;
  private notified = false;
  private nextLook = -Infinity;
  private nextWalk = -Infinity;
  private flowsUntil = -Infinity;
  private dryClaims = 0;
  private begunInTurn = 0;
  private looping: Promise<void> = Promise.resolve();

  constructor(private readonly dependencies: WorkerLoopDependencies) {
    const { store, execution, settings, sources, needing } = dependencies;
    const { timers, random, logger } = dependencies;
    const wakeUp = (this.wakeUp = new WakeUp(timers));
    this.claiming = new Outage('claim events', 'They stay in the inbox.', logger, random);
    const later = 'They are looked for again.';
    const outage = (this.looking = new Outage('look for events', later, logger, random));
    const { concurrency, transactions } = settings;
    const freed = () => this.freed();
    const waitEnded = () => (this.flowsUntil = timers.now() + FLOWS_FOR);
    const slots = { concurrency, transactions, sources, needing, freed, waitEnded };
    this.slots = new Slots(slots);
    this.lookAhead = new LookAhead(
      timers,
      (row) => this.slots.laneOf(row),
      (rows) => void execution.release(rows),
    );
    const begin = (held: HeldRow) => this.begin(held);
    const busy = () => execution.size > 0 || this.lookAhead.size > 0;
    const looksAgain = () => this.lookAgain();
    const recovery = {
      store,
      settings,
      timers,
      execution,
      busy,
      begin,
      wakeUp,
      outage,
      looksAgain,
    };
    this.recovery = new StalledRecovery(recovery);
  }

  /** Once. */
  start(): void {
    this.looping = this.atBootstrap(() => this.loop());
  }

  /** There is something new to claim. Costs nothing when the loop is not asleep. */
  notify(): void {
    this.notified = true;
    this.wakeUp.wake('news');
  }

  /** Resolves when nothing is claimed any more; what runs goes on. */
  async stop(): Promise<void> {
    this.wakeUp.wake('stop');
    const waiting = this.lookAhead.drain();
    await Promise.all([this.looping, this.dependencies.execution.release(waiting)]);
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
    const next = this.slots.next(this.lookAhead);
    const unsettled = this.dependencies.execution.size + this.lookAhead.size;
    const most = Math.min(MOST_UNSETTLED - unsettled, LARGEST_CLAIM);
    return next && most > 0 ? { ...next, limit: Math.min(next.limit, most) } : undefined;
  }

  /** A claim that brings less than was asked for does not prove the queue empty; one of none does. */
  private async claim({ limit, except, pastTheBusy }: NextClaim): Promise<void> {
    const { store, execution, settings, timers } = this.dependencies;
    const walks = except.length > 0;
    const since = timers.now();
    const walksAt = pastTheBusy ? this.nextWalk : Math.max(this.nextWalk, this.flowsUntil);
    if (walks && since < walksAt) {
      await this.wakeUp.sleep(walksAt - since, ['slot']);
      return;
    }
    this.notified = false;
    let rows: readonly ClaimedRow[] = [];
    const tell = (outcome: 'done' | 'failed') =>
      diagnose('claim-ended', () => {
        return { events: rows.length, outcome, duration: timers.now() - since };
      });
    try {
      rows = await store.claim(limit, settings.lease, except);
      tell('done');
      this.claiming.succeeded();
    } catch (error) {
      tell('failed');
      await this.wakeUp.sleep(this.claiming.failed(error), []);
      return;
    }
    const held = rows.map((row) => execution.hold(row, since));
    if (this.wakeUp.stopped) return execution.release(held);
    this.lookAhead.add(held);
    this.startWaiting();
    if (rows.length > 0) this.dryClaims = 0;
    else if (walks) await this.restAfterWalk(timers.now() - since, pastTheBusy);
    else await this.look('after a dry claim');
  }

  /** The slot is free when the handlers have ended, before the settle is written. */
  private async begin(held: HeldRow): Promise<void> {
    const slot = this.slots.open(this.slots.laneOf(held.row));
    const handled = () => {
      slot.close();
      this.lookAhead.finished();
      this.freed();
    };
    await this.dependencies.execution.runHeld(held, { slot, handled });
    this.claimMore();
  }

  /** What is claimed already goes first; the loop claims more where that is not enough. */
  private freed(): void {
    this.startWaiting();
    this.claimMore();
  }

  /** Most events end while there is nothing to claim for; then the loop need not look. */
  private claimMore(): void {
    if (this.nextClaim()) this.wakeUp.wake('slot');
  }

  private startWaiting(): void {
    while (this.lookAhead.size > 0 && this.begunInTurn < MOST_IN_A_TURN) {
      const held = this.lookAhead.next(this.mayStart);
      if (!held) return;
      this.begunInTurn += 1;
      if (this.begunInTurn === 1) setImmediate(() => this.nextTurn());
      void this.begin(held);
    }
  }

  private nextTurn(): void {
    this.begunInTurn = 0;
    this.startWaiting();
  }

  /** One statement tells an idle worker all it has to know. */
  private async look(when?: 'after a dry claim'): Promise<void> {
    const { execution, timers } = this.dependencies;
    const poll = this.poll();
    if (!when) this.notified = false;
    this.nextLook = timers.now() + poll;
    let dueIn: number | undefined;
    try {
      await execution.releaseOverdue();
      const outlook = await this.outlook();
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

  private async outlook(): Promise<Outlook> {
    const { store, lookIn = (dueIn) => dueIn } = this.dependencies;
    const outlook = await store.outlook();
    return { ...outlook, dueIn: lookIn(outlook.dueIn) };
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
}
