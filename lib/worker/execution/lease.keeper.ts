import type { LoggerService } from '@nestjs/common';
import {
  Aborter,
  diagnose,
  diagnosedAttempt,
  type Abortable,
  type Random,
  type Timers,
} from '../../core/index.js';
import type { ClaimedRow, WorkStore, Lease } from '../../inbox/index.js';
import { Outage } from './outage.js';

/** A claimed row that this process answers for until it is settled or given back. */
export interface HeldRow {
  readonly row: ClaimedRow;
  /** When the claim was asked for, by `timers`: the lease cannot have begun earlier. */
  readonly since: number;
  /** Aborts when the lease is lost, or the application does not wait any longer. */
  readonly signal: Abortable;
  /** Whether somebody else may have the row by now. */
  readonly lost: boolean;
}

interface Holding extends HeldRow {
  lost: boolean;
  deadline: number;
  /** Its handlers have: whether the lease still holds is asked by its settle alone. */
  ended: boolean;
  readonly signal: Aborter;
}

/** Extends the leases of all held rows in one call, and aborts those that could not be extended. */
export class LeaseKeeper {
  private readonly held = new Map<string, Holding>();
  private overdue: Lease[] = [];
  private readonly outage: Outage;
  private cancel: (() => void) | undefined;
  private lastBeat = 0;
  private beating = false;

  constructor(
    private readonly store: Pick<WorkStore, 'heartbeat' | 'release'>,
    private readonly leaseMs: number,
    private readonly timers: Timers,
    random: Random,
    logger: LoggerService,
  ) {
    const consequence = 'Handlers whose lease cannot be extended in time are told to stop.';
    this.outage = new Outage('extend leases', consequence, logger, random);
  }

  start(): void {
    this.lastBeat = this.timers.now();
    // Twice as often as the heartbeat, so that a call that hangs cannot hide a deadline.
    this.cancel = this.timers.after(this.leaseMs / 6, () => this.tick());
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  hold(row: ClaimedRow, since: number): HeldRow {
    const holding: Holding = {
      row,
      since,
      signal: new Aborter(),
      lost: false,
      deadline: since + this.leaseMs,
      ended: false,
    };
    this.held.set(row.id, holding);
    return holding;
  }

  /**
   * The handlers have ended, so there is nothing to stop at the lease's end, and what came of them must
   * not be forgotten as long as nobody else has taken the event: the database knows, at the settle.
   */
  ended(held: HeldRow): void {
    const holding = this.held.get(held.row.id);
    if (holding === held) holding.ended = true;
  }

  /** Not settled, and not to be any more: run again when its lease is over, or at once if it is. */
  drop(held: HeldRow): void {
    const holding = this.held.get(held.row.id);
    if (holding !== held) return;
    if (this.timers.now() >= holding.deadline) this.overdue.push(leaseOf(holding));
    this.release(held);
  }

  release(held: HeldRow): void {
    if (this.held.get(held.row.id) === held) this.held.delete(held.row.id);
  }

  /** Shutdown: handlers are told to stop; the leases are still ours to give back. */
  abortAll(reason: Error): void {
    for (const holding of this.held.values()) holding.signal.abort(reason);
  }

  leases(): readonly Lease[] {
    return [...this.held.values()].map(leaseOf);
  }

  /**
   * Gives back what ran over its time while the database was away, before anybody takes it for the
   * event of a dead process: an outage must not count as a death. One that has a new holder already
   * stays with that one, as its token is another.
   */
  async releaseOverdue(): Promise<void> {
    if (this.overdue.length === 0) return;
    const leases = this.overdue;
    await this.store.release(leases);
    this.overdue = this.overdue.filter((lease) => !leases.includes(lease));
  }

  private tick(): void {
    const now = this.timers.now();
    for (const holding of this.held.values()) {
      if (holding.ended || now < holding.deadline) continue;
      this.overdue.push(leaseOf(holding));
      this.lose(holding);
    }
    const cares = this.held.size > 0 || this.overdue.length > 0;
    if (!this.beating && cares && now - this.lastBeat >= this.leaseMs / 3 - 1) {
      void this.beat(now);
    }
    this.cancel = this.timers.after(this.leaseMs / 6, () => this.tick());
  }

  private async beat(now: number): Promise<void> {
    this.beating = true;
    this.lastBeat = now;
    const asked = [...this.held.values()];
    try {
      if (asked.length > 0) await this.extend(asked, now);
      await this.releaseOverdue();
      this.outage.succeeded();
    } catch (error) {
      this.outage.failed(error);
    } finally {
      this.beating = false;
    }
  }

  private async extend(asked: readonly Holding[], now: number): Promise<void> {
    const ours = await this.store.heartbeat(asked.map(leaseOf), this.leaseMs);
    for (const holding of asked) {
      if (ours.has(holding.row.id)) holding.deadline = now + this.leaseMs;
      else this.lose(holding);
    }
  }

  private lose(holding: Holding): void {
    // Settled while the heartbeat was on its way: its lease is gone because it is done.
    if (this.held.get(holding.row.id) !== holding) return;
    holding.lost = true;
    this.held.delete(holding.row.id);
    diagnose('lease-lost', () => diagnosedAttempt(holding.row));
    holding.signal.abort(
      new Error('The lease of this event has run out; another worker may be handling it.'),
    );
  }
}

function leaseOf({ row }: HeldRow): Lease {
  return { id: row.id, token: row.token };
}
