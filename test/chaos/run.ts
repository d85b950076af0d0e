import { parseArgs } from 'node:util';
import { availableDatabases, type DatabaseKind } from '../databases.js';
import { badInput } from './bad-input.js';
import { crashMatrix } from './crash-matrix.js';
import { crashSoak } from './crash-soak.js';
import { diskFull } from './disk-full.js';
import { exhaustedPool } from './exhausted-pool.js';
import { Findings } from './findings.js';
import { foreignCrash } from './foreign-crash.js';
import { grouped } from './grouped.js';
import { growth } from './growth.js';
import { longHandler } from './long-handler.js';
import { lookAhead } from './look-ahead.js';
import { migrations } from './migrations.js';
import { network } from './network.js';
import { processKillers } from './process-killers.js';
import { properties } from './properties.js';
import { replicas } from './replicas.js';
import { rollingDeploy } from './rolling-deploy.js';
import type { Scenario } from './scenario.js';
import { Random } from './seed.js';

const SCENARIOS: readonly Scenario[] = [
  crashSoak,
  crashMatrix,
  processKillers,
  lookAhead,
  grouped,
  network,
  longHandler,
  foreignCrash,
  exhaustedPool,
  rollingDeploy,
  diskFull,
  replicas,
  migrations,
  properties,
  badInput,
  growth,
];

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

async function runOn(scenario: Scenario, database: DatabaseKind): Promise<void> {
  const title = `${scenario.name} on ${database.name}`;
  if (!database.available) {
    console.log(`SKIP ${title}: no server answers`);
    return;
  }
  const findings = new Findings();
  const world = { short: values.short, random: new Random(seed), findings };
  const start = performance.now();
  try {
    await scenario.run(world, database);
  } catch (error) {
    findings.wrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  findings.figure('s', Math.round((performance.now() - start) / 1_000));
  console.log(`${findings.failed ? 'FAIL' : 'ok  '} ${title}: ${findings.line()}`);
  for (const problem of findings.problems) console.log(`     ${problem}`);
  failed ||= findings.failed;
}

for (const scenario of SCENARIOS) {
  if (only && !only.includes(scenario.name)) continue;
  const wanted = databases.filter(
    ({ name }) =>
      scenario.databases.includes(name) &&
      (values.database === undefined || values.database === name),
  );
  // Side by side: what takes the time is the waiting for leases to run out.
  await Promise.all(wanted.map((database) => runOn(scenario, database)));
}
console.log(
  `seed ${seed}, ${Math.round((Date.now() - began) / 1_000)} s, ${failed ? 'FAILED' : 'all held'}`,
);
// Whatever a fault has left open must not keep the process.
process.exit(failed ? 1 : 0);
