import { parseArgs } from 'node:util';
import { availableDatabases } from '../databases.js';
import { crashSoak } from './crash-soak.js';
import { Findings } from './findings.js';
import type { Scenario } from './scenario.js';
import { Random } from './seed.js';

const SCENARIOS: readonly Scenario[] = [crashSoak];

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    database: { type: 'string' },
    seed: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

if (values.list) {
  for (const { name, about, databases } of SCENARIOS) {
    console.log(`${name} (${databases.join(', ')}): ${about}`);
  }
  process.exit(0);
}

const only = values.only?.split(',');
const seed = Number(values.seed ?? (values.short ? 1 : Date.now() % 1_000_000));
const databases = await availableDatabases();
let failed = false;
const began = Date.now();

for (const scenario of SCENARIOS) {
  if (only && !only.includes(scenario.name)) continue;
  for (const database of databases) {
    if (!scenario.databases.includes(database.name)) continue;
    if (values.database !== undefined && values.database !== database.name) continue;
    const title = `${scenario.name} on ${database.name}`;
    if (!database.available) {
      console.log(`SKIP ${title}: no server answers`);
      continue;
    }
    const findings = new Findings();
    const world = { short: values.short, random: new Random(seed), findings };
    try {
      await scenario.run(world, database);
    } catch (error) {
      findings.wrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    console.log(`${findings.failed ? 'FAIL' : 'ok  '} ${title}: ${findings.line()}`);
    for (const problem of findings.problems) console.log(`     ${problem}`);
    failed ||= findings.failed;
  }
}
console.log(
  `seed ${seed}, ${Math.round((Date.now() - began) / 1_000)} s, ${failed ? 'FAILED' : 'all held'}`,
);
// Whatever a fault has left open must not keep the process.
process.exit(failed ? 1 : 0);
