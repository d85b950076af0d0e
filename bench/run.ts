import 'reflect-metadata';
import { readCommandLine, type BenchOptions } from './bench.options.js';
import { benchGrowth } from './growth/growth.bench.js';
import { benchIngest } from './ingest/ingest.bench.js';
import { benchWorker } from './worker/worker.bench.js';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  ingest: benchIngest,
  worker: benchWorker,
  growth: benchGrowth,
};

const { names, options } = await readCommandLine();
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const bench = BENCHES[name];
  if (!bench)
    throw new Error(`There is no bench "${name}"; there are ${Object.keys(BENCHES).join(', ')}.`);
  await bench(options);
}
process.exit();
