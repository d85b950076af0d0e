import type { LoggerService } from '@nestjs/common';
import type { Random, Timers } from '../../core/index.js';
import type { RegisteredHandler } from '../../handlers/index.js';
import type { ClaimedRow, Settlement } from '../../inbox/index.js';
import { settlementBase } from './event.outcome.js';
import type { OtherReplicas } from './other.replicas.js';
import { Outage } from '../execution/outage.js';

/** Until an event that is left to another replica is due again; this replica may be the one to claim it. */
const DUE_AGAIN_MS = 1_000;
/** What this replica has left is looked for by the others first. */
const HEAD_START_MS = 500;

/**
 * Leaves an event to the replica that has handlers for it which this one lacks, as in a rolling deploy,
 * instead of finishing it. What has completed here stays so, and the attempt does not count.
 */
export class HandOver {
  private readonly reading: Outage;
  private othersFirstUntil = -Infinity;

  constructor(
    private readonly others: OtherReplicas,
    private readonly timers: Timers,
    private readonly random: Random,
    private readonly logger: LoggerService,
  ) {
    const consequence = 'Events that are handled wait for it before they are final.';
    this.reading = new Outage('read the handlers of other replicas', consequence, logger, random);
  }

  /** @returns `settlement`, or what is to become of the event instead; a promise only where that has to be read */
  insteadOf(
    settlement: Settlement,
    row: ClaimedRow,
    ours: readonly RegisteredHandler[],
  ): Settlement | Promise<Settlement> {
    if (settlement.to !== 'done' && settlement.to !== 'ignored') return settlement;
    // Those that were skipped as stale have had their turn too.
    const completedHandlers = [
      ...new Set([...settlement.completedHandlers, ...ours.map(({ name }) => name)]),
    ];
    if (settlement.to === 'done' && this.isLast(row, completedHandlers)) return settlement;
    return this.unlessWaitedFor(settlement, row, completedHandlers);
  }

  private async unlessWaitedFor(
    settlement: Settlement,
    row: ClaimedRow,
    completedHandlers: readonly string[],
  ): Promise<Settlement> {
    const { id, token, attempt, failures } = settlement;
    const base = { id, token, attempt, failures, completedHandlers };
    try {
      const isLost = settlement.to === 'ignored';
      const waiting = await this.others.waitedFor(row, completedHandlers, isLost);
      this.reading.succeeded();
      if (waiting.length === 0) return settlement;
      this.logger.debug?.(`Event #${id} is left to a replica that has ${waiting.join(', ')}.`);
      return { ...base, to: 'postponed', inMs: this.left() };
    } catch (error) {
      return { ...base, to: 'postponed', inMs: this.soon() + this.reading.failed(error) };
    }
  }

  /** Reads what `isLast` answers from, where that is older than a second. */
  async prepare(row: ClaimedRow): Promise<void> {
    if (!this.others.waitedForLately(row, [])) {
      // Where it cannot be read, `isLast` knows nothing, and `insteadOf` tells of it.
      await this.others.waitedFor(row, [], false).catch(() => undefined);
    }
  }

  /**
   * Whether nobody else has a handler for the event beside these; answered without waiting, so that it may be
   * asked inside a transaction, which has a connection already. False where that is not known for now.
   */
  isLast(row: ClaimedRow, handlers: readonly string[]): boolean {
    return this.others.waitedForLately(row, handlers)?.length === 0;
  }

  /** @returns undefined where no other replica has handlers of the row's source, as far as can be told */
  async ofUnknownSource(row: ClaimedRow): Promise<Settlement | undefined> {
    const known = await this.others.know(row.source).catch(() => false);
    return known ? { ...settlementBase(row), to: 'postponed', inMs: this.left() } : undefined;
  }

  /**
   * When to look for due events, where the next one is due in `dueIn` milliseconds: a replica that wakes
   * at the very moment for what it has just left would take it from the one that it is for.
   */
  lookIn(dueIn: number | undefined): number | undefined {
    if (dueIn === undefined) return undefined;
    return Math.max(dueIn, this.othersFirstUntil - this.timers.now());
  }

  private left(): number {
    const inMs = this.soon();
    this.othersFirstUntil = this.timers.now() + inMs + HEAD_START_MS;
    return inMs;
  }

  private soon(): number {
    return DUE_AGAIN_MS * (0.75 + this.random() / 2);
  }
}
