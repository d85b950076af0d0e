// One subject, in a process of its own: fills its backlog, waits for the word, works it off, and says how long that took.
import 'reflect-metadata';
import type { RaceOrder, RaceResult } from './figures.js';

/** An engine with one queue. */
export interface Subject {
  /** Puts so many events into the queue, numbered from `from`; nothing runs meanwhile. */
  fill(from: number, count: number): Promise<void>;
  /** Resolves when all that is in the queue has been handled, and that is written. */
  workOff(count: number): Promise<void>;
  end(): Promise<void>;
}

export type SubjectOf = (order: RaceOrder, called: () => void) => Promise<Subject>;

const [file = '', json = '{}'] = process.argv.slice(2);
const order = JSON.parse(json) as RaceOrder;
let calls = 0;
const { subject: subjectOf } = (await import(file)) as { subject: SubjectOf };
const subject = await subjectOf(order, () => (calls += 1));

const measured = async (from: number, count: number): Promise<RaceResult> => {
  await subject.fill(from, count);
  process.send?.('filled');
  await new Promise((resolve) => process.once('message', resolve));
  calls = 0;
  const before = process.cpuUsage();
  const began = performance.now();
  await subject.workOff(count);
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpu: user + system, calls };
};

await measured(order.from, order.warmUp);
process.send?.(await measured(order.from + order.warmUp, order.backlog));
await subject.end();
process.exit();
