import type { DatabaseKind } from '../../test/databases.js';
import { peersAmong } from '../against.js';
import type { BenchOptions } from '../bench.options.js';
import { disturbedRounds } from '../disturbance.js';
import { median, quantile } from '../measure.js';
import type { Report } from '../report.js';
import { microseconds, milliseconds, printTable, range, whole } from '../table.js';
import { FIGURE_TEXTS, type Figure } from './figures.js';
import { race, type RaceOptions, type RaceResult } from './race.js';
import { settingsText } from './settings.js';
import { singleEvents } from './single-events.js';
import { entriesOf } from './subjects.js';

const SINGLE_EVENTS = 300;
/** So many of the rounds: each of them has a database and a process of its own. */
const PART_OF_ROUNDS = 3;

/** How quickly a backlog is worked off, and how soon a single event has its effect. */
export async function benchWorker(options: BenchOptions, report: Report): Promise<void> {
  for (const database of options.databases) {
    for (const figure of options.figures) await onFigure(database, figure, options, report);
    await latency(database, report);
  }
}

async function onFigure(
  kind: DatabaseKind,
  figure: Figure,
  options: BenchOptions,
  report: Report,
): Promise<void> {
  // The peers are compared where all of them can be; bullmq keeps the effects of its handlers there.
  const onPostgres = kind.name === 'postgres';
  const entries = entriesOf(figure, onPostgres ? peersAmong(options.against) : [], options.best);
  const raced: RaceOptions = {
    figure,
    backlog: options.backlog,
    warmUp: options.warmUp,
    done: onPostgres ? (options.done ?? 0) : 0,
    longTransaction: onPostgres && options.longTransaction,
    rounds: Math.ceil(options.rounds / PART_OF_ROUNDS),
  };
  const results = await race(kind, entries, raced);
  printRace(kind.name, raced, results);
  for (const { entry, rounds } of results) {
    report.add({
      bench: 'worker',
      database: kind.name,
      subject: entry.racer,
      ...raced,
      ...entry,
      measured: rounds,
    });
  }
}

/** One row an entry, in the order of the results. */
export function printRace(
  database: string,
  { figure, backlog, warmUp, done, longTransaction }: RaceOptions,
  results: readonly RaceResult[],
): void {
  const beside = [
    ...(done > 0 ? [`${whole(done)} done rows`] : []),
    ...(longTransaction ? ['a long transaction elsewhere'] : []),
  ];
  const rows = results.map(({ entry, rounds }) => ({
    [database]: done > 0 && !entry.keepsDone ? `${entry.text}, keeps no done rows` : entry.text,
    settings:
      entry.skipped === undefined ? settingsText(entry.settings) : `skipped: ${entry.skipped}`,
    ...(rounds.length > 0 ? cells(rounds) : {}),
  }));
  const title = [FIGURE_TEXTS[figure], ...beside].join(', beside ');
  printTable(`A backlog of ${whole(backlog)} events after ${whole(warmUp)}: ${title}`, rows, [
    ...[database, 'settings', 'events/s', 'min–max', 'CPU an event', 'database CPU', 'disturbed'],
  ]);
}

function cells(rounds: RaceResult['rounds']): Readonly<Record<string, string>> {
  const perSecond = rounds.map((round) => round.perSecond);
  const databaseCpu = rounds.flatMap((round) => round.databaseCpu ?? []);
  return {
    'events/s': whole(median(perSecond)),
    'min–max': range(perSecond),
    'CPU an event': microseconds(median(rounds.map(({ cpu }) => cpu))),
    'database CPU': microseconds(databaseCpu.length > 0 ? median(databaseCpu) : undefined),
    disturbed: disturbedRounds(rounds),
  };
}

async function latency(kind: DatabaseKind, report: Report): Promise<void> {
  const waits = await singleEvents(kind, SINGLE_EVENTS);
  const rows = Object.entries(waits).map(([from, values]) => {
    const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)];
    report.add({ bench: 'single events', database: kind.name, subject: from, p50, p99 });
    return { [kind.name]: from, p50: milliseconds(p50), p99: milliseconds(p99) };
  });
  printTable(`Single events on an idle worker, ${SINGLE_EVENTS} of them`, rows);
}
