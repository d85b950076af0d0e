import { Logger, type LoggerService } from '@nestjs/common';
import type {
  Abortable,
  Clock,
  EventReading,
  Random,
  WebhookSource,
  Timers,
} from '../../core/index.js';
import type {
  HandlerRegistry,
  RegisteredHandler,
  HandlerRetryPolicy,
} from '../../handlers/index.js';
import type { ClaimedRow, Ends, WorkStore, LaterEvents, Settlement } from '../../inbox/index.js';
import { errorHeadline, errorText, hasCode } from './error-text.js';
import { eventOutcome, problemsText, settlementBase } from './event.outcome.js';
import type { HandlerReport, HandlerResult } from './handler.failure.js';
import type { HandOver } from './hand-over.js';
import type { HandlerRunner } from './handler.runner.js';
import { mayRun, retryDelay } from './retry.policy.js';
import { whyStale } from './staleness.js';
import type { Slot } from '../execution/slot.js';

export interface DispatcherDependencies {
  readonly store: Pick<WorkStore, 'markCompleted' | 'newerApplied' | 'firstStored'>;
  readonly runner: Pick<HandlerRunner, 'run'>;
  readonly handlers: Pick<HandlerRegistry, 'handlersFor'>;
  readonly sources: readonly WebhookSource[];
  readonly handOver: Pick<HandOver, 'insteadOf' | 'ofUnknownSource' | 'prepare' | 'isLast'>;
  /** The module's policy; a handler's options replace parts of it. */
  readonly retry: HandlerRetryPolicy;
  readonly timers: Timers;
  readonly random: Random;
  /** The time of day, for how old an event is. */
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Takes a claimed row to its handlers, and says what becomes of it. */
export class Dispatcher {
  private readonly sources: ReadonlyMap<string, WebhookSource>;

  constructor(private readonly dependencies: DispatcherDependencies) {
    this.sources = new Map(dependencies.sources.map((source) => [source.name, source]));
  }

  /** @returns undefined when nothing may be settled: the lease is lost, or the application stops */
  async dispatch(row: ClaimedRow, signal: Abortable, slot: Slot): Promise<Settlement | undefined> {
    const began = this.dependencies.timers.now();
    const settlement = await this.settlementOf(row, signal, slot);
    if (settlement) this.log(row, settlement, Math.round(this.dependencies.timers.now() - began));
    return settlement;
  }

  private async settlementOf(
    row: ClaimedRow,
    signal: Abortable,
    slot: Slot,
  ): Promise<Settlement | undefined> {
    const source = this.sources.get(row.source);
    if (!source) {
      const handedOver = await this.dependencies.handOver.ofUnknownSource(row);
      return handedOver ?? this.tryAgain(row, sourceIsGone(row.source));
    }
    let event: EventReading;
    try {
      event = source.read(row);
    } catch (error) {
      if (hasCode(error, 'ARMOX_ARMALO_ENVELOPE')) return invalid(row, errorText(error));
      return this.tryAgain(row, errorText(error));
    }
    if (event.problems.length > 0) return invalid(row, problemsText(event.problems));

    const handlers = this.dependencies.handlers.handlersFor(row.source, row.name);
    if (handlers.length === 0 && row.completedHandlers.length === 0) {
      const ignored = { ...settlementBase(row), to: 'ignored', reason: 'no-handler' } as const;
      return this.dependencies.handOver.insteadOf(ignored, row, handlers);
    }
    const remaining = handlers.filter((handler) => !row.completedHandlers.includes(handler.name));
    // Each handler gets an object of its own: what one does to it must not reach the next.
    let unused: unknown = event.payload;
    const payload = () => {
      const fresh = unused ?? source.read(row).payload;
      unused = undefined;
      return fresh;
    };
    const { source: name, account } = row;
    const later = event.supersededBy && { source: name, account, eventIds: event.supersededBy };
    const ends = () => this.allCompleted(row, handlers);
    const reports = await this.runAll(row, remaining, { payload, later, ends }, signal, slot);
    if (!reports) return undefined;
    const last = reports.at(-1)?.result;
    if (last?.kind === 'done' && last.ended) {
      return { ...settlementBase(row, namesOf(handlers)), to: 'done', written: true };
    }
    const outcome = eventOutcome(
      row,
      reports,
      this.dependencies.random,
      this.dependencies.clock.now(),
    );
    if (outcome.to === 'retry' || outcome.to === 'postponed') {
      return later ? { ...outcome, supersededBy: later } : outcome;
    }
    return this.dependencies.handOver.insteadOf(outcome, row, handlers);
  }

  /**
   * One after the other; one that fails does not stop the others, and one whose `dto` the payload does not fit
   * does, as the event is dead then.
   */
  private async runAll(
    row: ClaimedRow,
    handlers: readonly RegisteredHandler[],
    event: {
      readonly payload: () => unknown;
      readonly later: LaterEvents | undefined;
      readonly ends: Ends;
    },
    signal: Abortable,
    slot: Slot,
  ): Promise<readonly HandlerReport[] | undefined> {
    const reports: HandlerReport[] = [];
    for (const handler of handlers) {
      const policy = { ...this.dependencies.retry, ...handler.options.retry };
      if (!mayRun(policy, row.attempt)) {
        reports.push({ handler: handler.name, policy, result: { kind: 'used-up' } });
        continue;
      }
      const last = handler === handlers.at(-1);
      const ends = () =>
        last && reports.every(({ result }) => result.kind === 'done') ? event.ends() : undefined;
      if (last && handler.options.transactional) await this.dependencies.handOver.prepare(row);
      const result =
        (event.later || handler.options.stale === 'skip'
          ? await this.skip(row, handler, event.later)
          : undefined) ??
        (await this.dependencies.runner.run(handler, row, event.payload(), signal, slot, ends));
      if (result.kind === 'stopped') return undefined;
      reports.push({ handler: handler.name, policy, result });
      if (result.kind === 'failed') this.logFailure(row, handler, result.error, result.duration);
      if (result.kind === 'invalid') break;
      if (result.kind === 'done' && !handler.options.transactional && !last) {
        if (!(await this.markNow(row, handler.name))) return undefined;
      }
    }
    return reports;
  }

  /** Of all our handlers, where the event is final once these have completed it, as far as is known. */
  private allCompleted(
    row: ClaimedRow,
    handlers: readonly RegisteredHandler[],
  ): readonly string[] | undefined {
    const { completedHandlers } = settlementBase(row, namesOf(handlers));
    return this.dependencies.handOver.isLast(row, completedHandlers)
      ? completedHandlers
      : undefined;
  }

  /**
   * Before the transaction of a transactional handler, not in it: while this lease holds, no other event
   * of the key runs, and when it does not, the transaction finds that out.
   */
  private async skip(
    row: ClaimedRow,
    handler: RegisteredHandler,
    later: LaterEvents | undefined,
  ): Promise<Exclude<HandlerResult, { kind: 'stopped' }> | undefined> {
    const { timers, logger } = this.dependencies;
    const began = timers.now();
    try {
      const because = await whyStale(this.dependencies.store, row, handler, later);
      if (because === undefined) return undefined;
      logger.debug?.(`${eventText(row)}: ${handler.name} skipped, ${because}`);
      return { kind: 'skipped', because };
    } catch (error) {
      return { kind: 'failed', error, duration: Math.round(timers.now() - began) };
    }
  }

  /** So that a crash in a later handler does not run this one again. @returns false: lease lost */
  private async markNow(row: ClaimedRow, handler: string): Promise<boolean> {
    try {
      return await this.dependencies.store.markCompleted({ id: row.id, token: row.token }, handler);
    } catch (error) {
      // The settle carries the mark too; only a crash before it would run the handler once more.
      this.dependencies.logger.debug?.(
        `Event #${row.id}: ${handler} could not be marked at once: ${errorHeadline(error)}`,
      );
      return true;
    }
  }

  private tryAgain(row: ClaimedRow, error: string): Settlement {
    const { retry, random } = this.dependencies;
    const base = settlementBase(row);
    if (!mayRun(retry, row.attempt + 1)) {
      return { ...base, to: 'dead', reason: 'attempts-used-up', error };
    }
    return { ...base, to: 'retry', inMs: retryDelay(retry, row.attempt, random), error };
  }

  private logFailure(
    row: ClaimedRow,
    handler: RegisteredHandler,
    error: unknown,
    duration: number,
  ): void {
    if (hasCode(error, 'ARMOX_ARMALO_RETRY_LATER')) {
      const asked = errorHeadline(error);
      this.dependencies.logger.debug?.(`${handler.name} puts off ${eventText(row)}: ${asked}`);
      return;
    }
    this.dependencies.logger.warn(
      `${handler.name} failed on ${eventText(row)} after ${duration} ms: ${errorHeadline(error)}`,
    );
  }

  private log(row: ClaimedRow, settlement: Settlement, duration: number): void {
    if (!Logger.isLevelEnabled('debug')) return;
    this.dependencies.logger.debug?.(
      `${eventText(row)}: ${endText(settlement)} after ${duration} ms`,
    );
  }
}

function endText(settlement: Settlement): string {
  switch (settlement.to) {
    case 'dead':
      return `dead, ${settlement.reason},`;
    case 'done':
      return 'done';
    case 'ignored':
      return `ignored, ${settlement.reason},`;
    case 'postponed':
      return `postponed by ${Math.round(settlement.inMs)} ms,`;
    case 'retry':
      return `to be tried again in ${Math.round(settlement.inMs)} ms,`;
  }
}

function eventText(row: ClaimedRow): string {
  return `${row.source} ${row.name} #${row.id} (${row.eventId}), attempt ${row.attempt}`;
}

const namesOf = (handlers: readonly RegisteredHandler[]): readonly string[] =>
  handlers.map(({ name }) => name);

function invalid(row: ClaimedRow, error: string): Settlement {
  return { ...settlementBase(row), to: 'dead', reason: 'invalid-payload', error };
}

function sourceIsGone(source: string): string {
  return (
    `The event is of ${source}, for which the module's options have nothing any more. Give the module the ` +
    `option \`${source}\` again; the event waits.`
  );
}
