import { setTimeout as pause } from 'node:timers/promises';
import { processorTime, shareOfOthers, type ProcessorTime } from '../processor.js';
import type { Order, RunResult, Subject, SubjectMessage } from './subject.js';

/** Milliseconds between questions whether the last end has been written. */
const LOOK_EVERY = 2;
const HERE = ['127.0.0.1', 'localhost', '[::1]'];

/** Makes this process a subject: does as it is told, and answers with the result. */
export function serveSubject(subject: Subject): void {
  process.on('message', (message: SubjectMessage) => {
    void carryOut(subject, message).then((result) => process.send?.(result ?? {}));
  });
}

async function carryOut(
  subject: Subject,
  { step, order }: SubjectMessage,
): Promise<RunResult | undefined> {
  if (step === 'run') return run(subject, order);
  await subject.prepare(order);
  return undefined;
}

/**
 * The clock runs from the first call after the warm-up until the database has the end of the last event: what
 * is measured is a process that has been running for a while.
 */
async function run(subject: Subject, order: Order): Promise<RunResult> {
  let calls = 0;
  let from: Moment | undefined;
  let finish = (): void => {};
  const allCalled = new Promise<void>((resolve) => (finish = resolve));
  const started = await subject.start(order, {
    called: () => {
      calls += 1;
      if (calls === order.warmUp + 1) from = now();
      if (calls === order.backlog) finish();
    },
  });
  await allCalled;
  while (await started.unfinished()) await pause(LOOK_EVERY);
  const to = now();
  await started.stop();
  if (!from) throw new Error('There is nothing to measure: the backlog is empty.');
  return resultOf(order, from, to);
}

interface Moment {
  readonly time: number;
  /** Microseconds of this process. */
  readonly cpu: number;
  readonly processors: ProcessorTime | undefined;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { processors: processorTime(), cpu: user + system, time: performance.now() };
}

function resultOf({ backlog, warmUp, databaseUrl }: Order, from: Moment, to: Moment): RunResult {
  const measured = backlog - warmUp;
  const [before, after] = [from.processors, to.processors];
  const local = URL.canParse(databaseUrl) && HERE.includes(new URL(databaseUrl).hostname);
  return {
    perSecond: (measured / (to.time - from.time)) * 1000,
    cpu: (to.cpu - from.cpu) / measured,
    databaseCpu:
      before && after && local ? ((after.servers - before.servers) * 1000) / measured : undefined,
    others: before && after && shareOfOthers(before, after),
  };
}
