import type { LoggerService } from '@nestjs/common';
import { errorType, type Timers } from '../../core/index.js';
import type { LeaderLock, Operation, OperationStore } from '../../inbox/index.js';

const AT_ONCE = 500;
/** Between batches, so that deliveries and the events of others have their turn. */
const PAUSE_MS = 200;
/** Sizes of a ramp's first stages. */
const RAMP = [1, 10] as const;
/** Until the events of a stage are looked at again. */
const STAGE_POLL_MS = 500;
/** The same for all events of a ramp, which may be many, and on the way for days. */
const LAST_POLL_MS = 5_000;
/** The lock of the one process that works through them; another one goes on so long after its death. */
const LOCK = 'operations';
const LOCK_MS = 5_000;
/** Until a process looks for what another one has left. */
const IDLE_POLL_MS = 10_000;

export interface OperationRunnerDependencies {
  readonly store: Pick<OperationStore, 'running' | 'hasDue' | 'step' | 'turn' | 'rampOutcome'>;
  readonly lock: LeaderLock;
  /** Of this process. */
  readonly owner: string;
  readonly timers: Pick<Timers, 'sleep'>;
  readonly logger: Pick<LoggerService, 'warn'>;
  /** Called when events became pending. */
  readonly changed: () => void;
}

/**
 * Works through actions on many events, a batch of each at a time, in one process of all. All that it knows is in the
 * database: a process that dies is gone on for by any other one. Events are replayed as fast as they are handled, so
 * that deliveries which come meanwhile wait behind a thousand of them at most.
 */
export class OperationRunner {
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private failure: string | undefined;

  constructor(private readonly dependencies: OperationRunnerDependencies) {}

  start(): void {
    this.running = this.loop();
  }

  /** There is something to do. */
  wake(): void {
    this.waking.abort();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.waking = new AbortController();
      await this.pause(await this.turn());
    }
  }

  /** @returns milliseconds until the next */
  private async turn(): Promise<number> {
    try {
      const wait = await this.advanceAll();
      this.failure = undefined;
      return wait;
    } catch (error) {
      this.tell(error);
      return IDLE_POLL_MS;
    }
  }

  private async advanceAll(): Promise<number> {
    const { store, lock, owner } = this.dependencies;
    const running = await store.running();
    if (running.length === 0) return IDLE_POLL_MS;
    if (!(await lock.holdLeaderLock(LOCK, owner, LOCK_MS))) return LOCK_MS;
    const waits: number[] = [];
    for (const operation of running) waits.push(await this.advance(operation));
    return Math.min(...waits);
  }

  private async advance(operation: Operation): Promise<number> {
    const { store, changed } = this.dependencies;
    const { id } = operation;
    if (operation.pace === 'ramp' && operation.stage > 0) {
      const { open, failedAgain } = await store.rampOutcome(id);
      if (failedAgain > 0) {
        await store.turn(id, {
          from: ['running'],
          to: 'halted',
          note: haltedNote(failedAgain, operation),
        });
        return 0;
      }
      if (open > 0 && operation.stage <= RAMP.length) return STAGE_POLL_MS;
    }
    if (operation.action === 'replay' && (await store.hasDue(AT_ONCE))) return PAUSE_MS;
    const taken = await store.step(operation, sizeOf(operation));
    if (taken !== undefined && taken > 0) changed();
    if (taken !== 0) return PAUSE_MS;
    if (await this.stillOpen(operation)) return LAST_POLL_MS;
    await store.turn(id, { from: ['running'], to: 'done' });
    return 0;
  }

  /** A ramp is not over before its last events are: they may fail again. */
  private async stillOpen({ id, pace }: Operation): Promise<boolean> {
    return pace === 'ramp' && (await this.dependencies.store.rampOutcome(id)).open > 0;
  }

  private async pause(ms: number): Promise<void> {
    if (ms === 0 || this.stopping.signal.aborted) return;
    await this.dependencies.timers.sleep(ms, this.waking.signal).catch(() => undefined);
  }

  /** Once for each cause, however long a database is away. */
  private tell(error: unknown): void {
    const cause = errorType(error);
    if (cause === this.failure) return;
    this.failure = cause;
    this.dependencies.logger.warn(
      `Actions on many events are waiting: the database refused a step (${cause}). They go on by themselves.`,
    );
  }
}

const sizeOf = ({ pace, stage }: Operation): number =>
  (pace === 'ramp' ? RAMP[stage] : undefined) ?? AT_ONCE;

function haltedNote(failedAgain: number, { changed, total }: Operation): string {
  return (
    `${failedAgain} of ${changed} replayed events failed again with the error that they had, so the other ` +
    `${total - changed} were left as they are.`
  );
}
