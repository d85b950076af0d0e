import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { median, quantile } from '../measure.js';
import { milliseconds, printTable, whole } from '../table.js';
import { workOff, type BacklogRun, type HandlerKind } from './backlog.js';
import { singleEvents } from './single-events.js';

const HANDLERS: Readonly<Record<HandlerKind, string>> = {
  plain: 'empty handler',
  transactional: 'transactional handler, one INSERT',
};
/** Undefined = the default, 50. */
const CONCURRENCIES = [undefined, 100] as const;
const SINGLE_EVENTS = 300;
/** A transaction each takes so much longer that a part of the backlog tells as much. */
const PART_FOR_TRANSACTIONS = 5;

/** How quickly a backlog is worked off, and how soon a single event has its effect. */
export async function benchWorker(options: BenchOptions): Promise<void> {
  for (const database of options.databases) {
    await backlogs(database, options);
    await latency(database);
  }
}

async function backlogs(kind: DatabaseKind, options: BenchOptions): Promise<void> {
  const runs = CONCURRENCIES.flatMap((concurrency) =>
    (Object.keys(HANDLERS) as HandlerKind[]).map((handler) => ({
      handler,
      concurrency,
      backlog: handler === 'plain' ? options.backlog : options.backlog / PART_FOR_TRANSACTIONS,
      results: [] as BacklogRun[],
    })),
  );
  for (let round = 0; round < Math.ceil(options.rounds / 3); round += 1) {
    for (const { results, ...wanted } of runs) results.push(await workOff(kind, wanted));
  }
  const rows = runs.map(({ handler, concurrency, backlog, results }) => ({
    [kind.name]: HANDLERS[handler],
    backlog: whole(backlog),
    concurrency: concurrency === undefined ? '50 (default)' : String(concurrency),
    'events/s': whole(median(results.map(({ perSecond }) => perSecond))),
    'CPU an event': `${whole(median(results.map(({ cpu }) => cpu)))} µs`,
  }));
  printTable('A backlog worked off', rows);
}

async function latency(kind: DatabaseKind): Promise<void> {
  const waits = await singleEvents(kind, SINGLE_EVENTS);
  const rows = Object.entries(waits).map(([from, values]) => ({
    [kind.name]: from,
    p50: milliseconds(quantile(values, 0.5)),
    p99: milliseconds(quantile(values, 0.99)),
  }));
  printTable(`Single events on an idle worker, ${SINGLE_EVENTS} of them`, rows);
}
