import { Logger, type LoggerService } from '@nestjs/common';
import type { Clock, Random, Timers, WebhookSource } from '../../core/index.js';
import type { HandlerRegistry } from '../../handlers/index.js';
import type { ReplicaStore, WorkStore } from '../../inbox/index.js';
import type { Dispatch } from '../execution/execution.js';
import type { WorkerSettings } from '../worker.settings.js';
import { Dispatcher } from './dispatcher.js';
import { HandOver } from './hand-over.js';
import { HandlerRunner } from './handler.runner.js';
import { OtherReplicas } from './other.replicas.js';

export interface EventDispatchDependencies {
  readonly store: WorkStore & Pick<ReplicaStore, 'otherReplicas'>;
  readonly sources: readonly WebhookSource[];
  readonly handlers: HandlerRegistry;
  readonly settings: Pick<WorkerSettings, 'lease' | 'transactions' | 'retry'>;
  /** This process's id among the replicas. */
  readonly replica: string;
  readonly timers: Timers;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

export interface EventDispatch {
  readonly dispatch: Dispatch;
  /** When to look for due events: what was left to another replica is for that one first. */
  readonly lookIn: (dueIn: number | undefined) => number | undefined;
}

/** Puts together what takes a claimed row to its handlers. */
export function eventDispatch(dependencies: EventDispatchDependencies): EventDispatch {
  const { store, settings, replica, timers, random, logger } = dependencies;
  const { lease: leaseMs, transactions, retry } = settings;
  const loggerOf = loggerPerHandler();
  const runner = new HandlerRunner({ store, leaseMs, transactions, timers, loggerOf });
  const others = new OtherReplicas(store, replica, timers);
  const handOver = new HandOver(others, timers, random, logger);
  const dispatcher = new Dispatcher({ ...dependencies, runner, handOver, retry });
  return {
    dispatch: (row, signal, slot) => dispatcher.dispatch(row, signal, slot),
    lookIn: (dueIn) => handOver.lookIn(dueIn),
  };
}

function loggerPerHandler(): (handler: string) => LoggerService {
  const loggers = new Map<string, LoggerService>();
  return (handler) => {
    let logger = loggers.get(handler);
    if (!logger) loggers.set(handler, (logger = new Logger(handler)));
    return logger;
  };
}
