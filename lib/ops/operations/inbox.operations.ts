import { randomUUID } from 'node:crypto';
import type {
  ChangeFilter,
  EventFilter,
  EventSummary,
  EventTotal,
  InboxAdmin,
  Operation,
  OperationAction,
  OperationPace,
  OperationStore,
} from '../../inbox/index.js';

export interface OperationRequest {
  readonly action: OperationAction;
  /** At least one condition, or `{ all: true }`. */
  readonly filter: ChangeFilter;
  /**
   * `ramp`: one event, then ten, then the rest, each stage when the events of the one before have ended; it halts where
   * one fails again with the error that it had. For replays. Default `all`.
   */
  readonly pace?: OperationPace;
  /** Whether handlers that have succeeded run again. Default false. */
  readonly rerunAll?: boolean;
}

/** What an action would be about. */
export interface OperationPreview extends EventTotal {
  /** The newest of them. */
  readonly sample: readonly EventSummary[];
}

const SAMPLE = 10;

/**
 * Actions on many events, which go on in the background and survive the process: the set is fixed when they start, so
 * that what comes to fit later is not touched.
 */
export class InboxOperations {
  constructor(
    private readonly store: OperationStore,
    private readonly admin: Pick<InboxAdmin, 'list' | 'count'>,
    private readonly wake: () => void,
  ) {}

  /** How many events fit now, and some of them. Of them those are changed that the action can be done to. */
  async preview(filter: EventFilter): Promise<OperationPreview> {
    const [total, { events }] = await Promise.all([
      this.admin.count(filter),
      this.admin.list(filter, { limit: SAMPLE }),
    ]);
    return { ...total, sample: events };
  }

  /**
   * Answers when the set is fixed; what is done to it follows, 500 events at a time. Replays wait while 500 events or
   * more are due, so that new deliveries have their turn: without a running worker they do not get to their end.
   * @param by who wants it
   * @throws InboxFilterError for a filter without a condition
   */
  async start(request: OperationRequest, by: string): Promise<Operation> {
    const { pace = 'all', rerunAll = false } = request;
    const started = await this.store.start({ ...request, id: randomUUID(), pace, rerunAll, by });
    this.wake();
    return started;
  }

  /** The newest hundred, newest first. */
  list(): Promise<readonly Operation[]> {
    return this.store.list();
  }

  find(id: string): Promise<Operation | undefined> {
    return this.store.find(id);
  }

  /** Until it is resumed. @returns whether it was running */
  pause(id: string, by: string): Promise<boolean> {
    return this.store.turn(id, { from: ['running'], to: 'paused', by });
  }

  /** What has halted is started anew instead. @returns whether it was paused */
  async resume(id: string, by: string): Promise<boolean> {
    const resumed = await this.store.turn(id, { from: ['paused'], to: 'running', by });
    if (resumed) this.wake();
    return resumed;
  }

  /** For good; what it has done stays done. @returns whether it was not at its end */
  stop(id: string, by: string): Promise<boolean> {
    return this.store.turn(id, { from: ['running', 'paused'], to: 'stopped', by });
  }
}
