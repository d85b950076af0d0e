import type { BenchOptions } from '../bench.options.js';
import { median } from '../measure.js';
import type { Report } from '../report.js';
import { race, type RaceOptions, type RaceResult } from './race.js';
import type { Settings } from './settings.js';
import { GRIDS, type Grid } from './sweep.grids.js';
import { entryOf } from './subjects.js';
import { printRace } from './worker.bench.js';

/** Tries the settings of a racer against each other, best first: what `peers/best-settings.ts` is made of. */
export async function benchSweep(options: BenchOptions, report: Report): Promise<void> {
  const postgres = options.databases.find(({ name }) => name === 'postgres');
  if (!postgres) throw new Error('sweep needs PostgreSQL: see TEST_POSTGRES_URL.');
  for (const racer of options.racers) {
    for (const figure of options.figures) {
      const grid = GRIDS[racer][figure];
      if (!grid) continue;
      const entries = pointsOf(grid).map((settings) => entryOf(racer, settings));
      const raced: RaceOptions = {
        figure,
        backlog: options.backlog,
        warmUp: options.warmUp,
        done: options.done ?? 0,
        longTransaction: options.longTransaction,
        rounds: Math.ceil(options.rounds / 3),
      };
      const results = await race(postgres, entries, raced);
      printRace(
        postgres.name,
        raced,
        [...results].sort((a, b) => speed(b) - speed(a)),
      );
      for (const { entry, rounds } of results) {
        report.add({
          bench: 'sweep',
          database: postgres.name,
          subject: racer,
          ...raced,
          ...entry,
          measured: rounds,
        });
      }
    }
  }
}

const speed = ({ rounds }: RaceResult): number =>
  rounds.length > 0 ? median(rounds.map(({ perSecond }) => perSecond)) : 0;

/** Every value of each setting with all values of the others. */
function pointsOf(grid: Grid): readonly Settings[] {
  return Object.entries(grid).reduce<readonly Settings[]>(
    (points, [name, values]) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}
