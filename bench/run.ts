import 'reflect-metadata';
import { installPeers, peersAmong } from './against.js';
import { readCommandLine, type BenchOptions } from './bench.options.js';
import { printEnvironment, readEnvironment } from './environment.js';
import { benchFootprint } from './footprint/footprint.bench.js';
import { benchGrowth } from './growth/growth.bench.js';
import { benchIngest } from './ingest/ingest.bench.js';
import { beginRun } from './processor.js';
import { Report } from './report.js';
import { benchOperations } from './operations/operations.bench.js';
import { benchStalled } from './stalled/stalled.bench.js';
import { benchSweep } from './worker/sweep.bench.js';
import { benchWorker } from './worker/worker.bench.js';

type Bench = (options: BenchOptions, report: Report) => Promise<void>;

const BENCHES: Readonly<Record<string, Bench>> = {
  ingest: benchIngest,
  worker: benchWorker,
  growth: benchGrowth,
  operations: benchOperations,
  footprint: benchFootprint,
  stalled: benchStalled,
};
/** Not a part of everything: it measures settings, not the module. */
const TOOLS: Readonly<Record<string, Bench>> = { sweep: benchSweep };

beginRun();
const { names, options } = await readCommandLine();
const peers = peersAmong([
  ...options.against,
  ...options.racers.filter((name) => name !== 'module'),
]);
if (peers.length > 0) installPeers();
const environment = await readEnvironment(options.databases, peers);
printEnvironment(environment);
const report = new Report();
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const bench = BENCHES[name] ?? TOOLS[name];
  if (!bench) {
    const known = [...Object.keys(BENCHES), ...Object.keys(TOOLS)];
    throw new Error(`There is no bench "${name}"; there are ${known.join(', ')}.`);
  }
  await bench(options, report);
}
if (options.json !== undefined) await report.write(options.json, environment);
process.exit();
