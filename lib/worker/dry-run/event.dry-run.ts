import { Logger, type OnModuleDestroy } from '@nestjs/common';
import {
  Aborter,
  EventHandlerError,
  Semaphore,
  type EventReading,
  type Timers,
  type WebhookSource,
} from '../../core/index.js';
import type { HandlerRegistry, RegisteredHandler } from '../../handlers/index.js';
import type {
  DryRunStore,
  LaterEvents,
  OperatorStore,
  StoredEvent,
  WorkStore,
} from '../../inbox/index.js';
import { Deadline } from '../dispatch/deadline.js';
import { dtoReading } from '../dispatch/dto.reading.js';
import { errorText } from '../dispatch/error-text.js';
import { problemsText } from '../dispatch/event.outcome.js';
import { callHandler } from '../dispatch/handler.call.js';
import { whyStale } from '../dispatch/staleness.js';
import type { DryRunReport, HandlerDryRun } from './dry-run.report.js';
import { WrittenStatements } from './written.statements.js';

export interface EventDryRunDependencies {
  readonly store: DryRunStore &
    Pick<OperatorStore, 'find'> &
    Pick<WorkStore, 'newerApplied' | 'firstStored'>;
  readonly sources: readonly WebhookSource[];
  readonly handlers: Pick<HandlerRegistry, 'handlersFor'>;
  readonly timers: Timers;
}

/** An event that can be read. */
interface Readable {
  readonly event: StoredEvent;
  readonly attempt: number;
  readonly later: LaterEvents | undefined;
  /** Each handler gets an object of its own. */
  readonly payload: () => object;
}

/**
 * Shows what the handlers of an event would write, without writing it: each runs in a transaction of the application's
 * that is always rolled back. One at a time, with a connection of the application's pool.
 */
export class EventDryRun implements OnModuleDestroy {
  private readonly turns = new Semaphore(1);
  private readonly stopping = new Aborter();
  private readonly sources: ReadonlyMap<string, WebhookSource>;

  constructor(private readonly dependencies: EventDryRunDependencies) {
    this.sources = new Map(dependencies.sources.map((source) => [source.name, source]));
  }

  /**
   * Runs the handlers that have not completed the event, or all where all have, as the worker would: with their `dto`,
   * `timeout` and `context`, of which `dryRun` is true. None sees what another has done. The event stays as it is, may
   * be running meanwhile, and no worker is needed. Handlers that are not transactional are refused. What a handler
   * does elsewhere than through `context.manager` is not taken back, nor told.
   * @param id of the row
   * @returns undefined where there is no such event
   * @throws EventHandlerError when the application stops; InboxUnavailableError
   */
  async run(id: string): Promise<DryRunReport | undefined> {
    const leave = await this.turns.acquire(this.stopping);
    try {
      const event = await this.dependencies.store.find({ id });
      return event && (await this.report(event));
    } finally {
      leave();
    }
  }

  /** Ends what is under way, so that it is rolled back before the application's connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort(new EventHandlerError('The application stops, so the dry run is over.'));
    const leave = await this.turns.acquire(new Aborter());
    // An application may be closed twice.
    leave();
  }

  private async report(event: StoredEvent): Promise<DryRunReport> {
    const readable = this.read(event);
    if (typeof readable === 'string') return { problem: readable, handlers: [] };
    const all = this.dependencies.handlers.handlersFor(event.source, event.name);
    if (all.length === 0)
      return { problem: 'No handler is for events of this name.', handlers: [] };
    const open = all.filter(({ name }) => !event.completedHandlers.includes(name));
    const handlers: HandlerDryRun[] = [];
    for (const handler of open.length > 0 ? open : all) {
      handlers.push(await this.tryOut(handler, readable));
    }
    return { problem: null, handlers };
  }

  /** @returns why it cannot be, or is not to be, given to handlers */
  private read(event: StoredEvent): Readable | string {
    const { body } = event;
    const source = this.sources.get(event.source);
    if (!source) return `The module's options have nothing for ${event.source}.`;
    if (body === null) return 'The payload is gone, since its retention is over.';
    const read = () => source.read({ account: event.account, name: event.name, body });
    let reading: EventReading;
    try {
      reading = read();
    } catch (error) {
      return errorText(error);
    }
    const { problems, supersededBy } = reading;
    if (problems.length > 0) return `The payload is invalid: ${problemsText(problems)}`;
    const { source: name, account } = event;
    return {
      event,
      // A finished one would be replayed, and begins again.
      attempt: event.finishedAt === null ? event.attempts + 1 : 1,
      later: supersededBy && { source: name, account, eventIds: supersededBy },
      payload: () => read().payload as object,
    };
  }

  private async tryOut(handler: RegisteredHandler, readable: Readable): Promise<HandlerDryRun> {
    const { store, timers } = this.dependencies;
    const { event, later } = readable;
    const { name } = handler;
    const written = new WrittenStatements();
    const outcome = (of: HandlerDryRun['outcome'], error: string | null): HandlerDryRun => ({
      name,
      outcome: of,
      error,
      ...written.told(),
    });
    if (!handler.options.transactional) return outcome('refused', notTransactional(name));
    try {
      const stale = await whyStale(store, event, handler, later);
      if (stale !== undefined) return outcome('refused', `It would be skipped: ${stale}.`);
      const reading = await dtoReading(handler, readable.payload(), this.stopping, timers);
      if ('problems' in reading) return outcome('would-fail', problemsText(reading.problems));
      await this.rolledBack(handler, readable, reading.event, written);
      return outcome('would-succeed', null);
    } catch (error) {
      this.stopping.throwIfAborted();
      return outcome('would-fail', errorText(error));
    }
  }

  private async rolledBack(
    handler: RegisteredHandler,
    { event, attempt }: Readable,
    payload: unknown,
    written: WrittenStatements,
  ): Promise<void> {
    const { store, timers } = this.dependencies;
    const deadline = new Deadline(handler, this.stopping, timers);
    const { signal } = deadline;
    const logger = new Logger(handler.name);
    const row = { ...event, attempt };
    const call = { handler, row, payload, logger, signal, timers, dryRun: true };
    try {
      await store.dryRun({
        handler: handler.name,
        turn: { signal, connecting: (connect) => connect() },
        tell: (statement) => written.add(statement),
        work: (manager) => callHandler({ ...call, manager }),
      });
    } finally {
      deadline.end();
    }
  }
}

const notTransactional = (name: string): string =>
  `${name} is not transactional, so what it does could not be taken back. Give its decorator ` +
  '`{ transactional: true }` to see what it would write.';
