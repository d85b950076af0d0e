import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { Child } from '../child.js';
import { disturbedRounds, undisturbed, type Judged } from '../disturbance.js';
import { median } from '../measure.js';
import { processorTime, shareOfOthers } from '../processor.js';
import type { Report } from '../report.js';
import { megabytes, milliseconds, printTable } from '../table.js';

const VARIANTS = {
  empty: 'empty Nest application',
  typeorm: 'with TypeORM, connected',
  validation: 'with TypeORM, class-validator and class-transformer',
  module: 'with all of these and this module',
} as const;
type Variant = keyof typeof VARIANTS;
const NAMES = Object.keys(VARIANTS) as Variant[];

const ROUNDS = 7;

interface Footprint {
  /** Milliseconds from the start of the process until it listens. */
  readonly boot: number;
  /** Bytes of resident memory after a garbage collection. */
  readonly memory: number;
}

type Measured = Judged<Footprint & { readonly others: number | undefined }>;

/** What the module adds to an application: time to start, and memory while nothing happens. */
export async function benchFootprint({ databases }: BenchOptions, report: Report): Promise<void> {
  // SQLite's driver would be compiled in the process.
  const servers = databases.filter(({ name }) => name !== 'sqlite');
  for (const database of servers) await onDatabase(database, report);
}

async function onDatabase(kind: DatabaseKind, report: Report): Promise<void> {
  const database = await kind.create();
  const found: Record<Variant, Measured[]> = { empty: [], typeorm: [], validation: [], module: [] };
  // Round 0 makes the tables.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const name of NAMES) {
      const measured = await undisturbed(VARIANTS[name], () => startOne(name, database.options));
      if (round > 0) found[name].push(measured);
    }
  }
  await database.drop();
  const middle = (name: Variant, of: keyof Footprint): number =>
    median(found[name].map((measured) => measured[of]));
  const rows = NAMES.map((name, at) => {
    const before = NAMES[at - 1] ?? name;
    const added = (of: keyof Footprint): number => middle(name, of) - middle(before, of);
    return {
      [kind.name]: VARIANTS[name],
      'boot to listening': milliseconds(middle(name, 'boot')),
      added: at === 0 ? '–' : milliseconds(added('boot')),
      'memory at rest': megabytes(middle(name, 'memory')),
      'memory added': at === 0 ? '–' : megabytes(added('memory')),
      disturbed: disturbedRounds(found[name]),
    };
  });
  printTable(`What the module adds to an application, medians of ${ROUNDS}`, rows);
  for (const name of NAMES) {
    report.add({ bench: 'footprint', database: kind.name, subject: name, measured: found[name] });
  }
}

async function startOne(
  name: Variant,
  dataSource: object,
): Promise<Footprint & { readonly others: number | undefined }> {
  const before = processorTime();
  const child = new Child(
    './footprint/app.mjs',
    [name, JSON.stringify(dataSource)],
    ['--expose-gc'],
  );
  const footprint = await child.next<Footprint>();
  const after = processorTime();
  await child.end();
  return { ...footprint, others: before && after && shareOfOthers(before, after) };
}
