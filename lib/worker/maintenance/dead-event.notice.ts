import { Logger, type LoggerService } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import {
  diagnose,
  diagnosedAttempt,
  systemTimers,
  within,
  type DeadEvent,
  type DeadReason,
  type Timers,
} from '../../core/index.js';
import type { DeadEventExplorer, DeadEventListener } from '../../handlers/index.js';
import type { WorkStore } from '../../inbox/index.js';
import { errorHeadline } from '../dispatch/error-text.js';

/** At shutdown, for listeners that are still telling somebody. */
const LAST_GRACE_MS = 5_000;

export interface DeadEventNoticeDependencies {
  readonly store: Pick<WorkStore, 'onDead'>;
  readonly listeners: Pick<DeadEventExplorer, 'explore'>;
  readonly timers?: Timers;
  readonly logger?: LoggerService;
}

/** Logs each event that this process has ended as dead, and tells the methods with `@OnDeadEvent()`. */
export class DeadEventNotice implements BeforeApplicationShutdown {
  private readonly logger: LoggerService;
  private readonly underway = new Set<Promise<void>>();
  private readonly stopListening: () => void;

  constructor(private readonly dependencies: DeadEventNoticeDependencies) {
    this.logger = dependencies.logger ?? new Logger('ArmoxArmaloInbox');
    this.stopListening = dependencies.store.onDead((dead) => this.notice(dead));
  }

  /** The worker has drained in an earlier hook; connections close in a later one. */
  async beforeApplicationShutdown(): Promise<void> {
    // What has just been committed is told in the next turn.
    await new Promise(setImmediate);
    this.stopListening();
    if (this.underway.size === 0) return;
    const { timers = systemTimers } = this.dependencies;
    await within(Promise.all(this.underway), LAST_GRACE_MS, timers);
  }

  private notice(dead: readonly DeadEvent[]): void {
    for (const event of dead) {
      const { reason, handler } = event;
      diagnose('dead', () => ({ ...diagnosedAttempt(event), reason, handler }));
      this.log(event);
    }
    for (const listener of this.dependencies.listeners.explore()) {
      for (const event of dead) {
        const call: Promise<void> = this.call(listener, event).finally(() =>
          this.underway.delete(call),
        );
        this.underway.add(call);
      }
    }
  }

  private async call(listener: DeadEventListener, event: DeadEvent): Promise<void> {
    try {
      await listener.call(event);
    } catch (error) {
      this.logger.error(
        `${listener.name} could not be told of the dead event #${event.id}: ${errorHeadline(error)}`,
      );
    }
  }

  /** The fields are what a JSON logger of Nest writes as `params`. */
  private log(event: DeadEvent): void {
    const { id, source, name, eventId, reason, handler, attempt } = event;
    const [headline = ''] = event.error.split('\n', 1);
    this.logger.error(
      `${source} ${name} #${id} is dead (${reason}, attempt ${attempt}): ${headline} ${NEXT_STEP[reason]}`,
      { id, source, name, eventId, reason, handler, attempt },
    );
  }
}

const NEXT_STEP: Readonly<Record<DeadReason, string>> = {
  'attempts-used-up': 'Nothing is tried any more; replay it when the cause is gone.',
  rejected: 'The handler has given it up for good; replay it if that was a mistake.',
  'invalid-payload':
    'Compare its body with what the service documents, update the module or the `dto` of the handler, then replay it.',
  'killed-process':
    'It is what this process ran when it died, each time; find out whether a handler exhausts memory or ' +
    'blocks, then replay it.',
};
