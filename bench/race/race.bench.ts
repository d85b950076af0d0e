import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { Child } from '../child.js';
import { machineText, machineUse, type MachineUse } from '../machine.js';
import { median } from '../measure.js';
import { printTable, twoPlaces, whole } from '../table.js';
import { loadTables } from './ballast.js';
import { EFFECT_ROWS, FIGURES, type Figure, type RaceOrder, type RaceResult } from './figures.js';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));
const MOST_TRIES = 4;
const WARM_UP = 2_000;
/** A transaction each takes so much longer that a part of the backlog tells as much. */
const PART: Readonly<Record<Figure, number>> = {
  empty: 1,
  grouped: 2,
  'at-least-once': 2,
  transaction: 4,
};
const CAN: Readonly<Record<string, readonly Figure[]>> = {
  module: ['empty', 'transaction', 'grouped', 'at-least-once'],
  'pg-boss': ['empty', 'transaction', 'grouped', 'at-least-once'],
  'graphile-worker': ['empty', 'at-least-once'],
  bullmq: ['empty', 'at-least-once'],
};

export interface Measured {
  readonly perSecond: number;
  /** Microseconds of processor time for one event: of the subject's process, and of the servers. */
  readonly node: number;
  readonly servers: number;
  readonly disturbed: boolean;
}

/** The worker and its peers on the same work, in turns. */
export async function race(kind: DatabaseKind, options: BenchOptions): Promise<void> {
  installPeers(options.against);
  const report: Record<string, unknown> = {
    machine: machineText(),
    versions: versions(options.against),
  };
  for (const figure of options.figures) {
    const names = ['module', ...options.against].filter((name) => CAN[name]?.includes(figure));
    const results = await raceOne(kind, options, figure, names);
    report[figure] = Object.fromEntries(results);
    print(figure, results);
  }
  console.log(`\n${machineText()}; ${JSON.stringify(report['versions'])}`);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
}

async function raceOne(
  kind: DatabaseKind,
  options: BenchOptions,
  figure: Figure,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const grounds = await Promise.all(names.map(() => kind.create()));
  const results = new Map(names.map((name): [string, Measured[]] => [name, []]));
  const backlog = Math.round(options.backlog / PART[figure]);
  try {
    for (const { url } of grounds) await makeEffects(url);
    let endOthers: (() => Promise<void>)[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [at, name] of names.entries()) {
        const order = {
          figure,
          databaseUrl: grounds[at]?.url ?? '',
          redisUrl: process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379',
          warmUp: WARM_UP,
          backlog,
        };
        results.get(name)?.push(await undisturbed(name, order));
        // Their tables are made by the first round, which only warms up where there is ballast.
        if (round === 0 && (options.ballast > 0 || options.longTransaction)) {
          endOthers = [...endOthers, await loadTables(name, order.databaseUrl, options)];
          results.get(name)?.pop();
        }
      }
    }
    for (const end of endOthers) await end();
  } finally {
    await Promise.all(grounds.map((ground) => ground.drop()));
  }
  return results;
}

let nextNumber = 0;

async function undisturbed(name: string, order: Omit<RaceOrder, 'from'>): Promise<Measured> {
  for (let tries = 1; ; tries += 1) {
    const measured = await measure(name, { ...order, from: nextNumber });
    nextNumber += order.warmUp + order.backlog;
    if (!measured.disturbed || tries === MOST_TRIES) return measured;
    console.log(`(${name}: other programs ran meanwhile; once more)`);
  }
}

async function measure(name: string, order: RaceOrder): Promise<Measured> {
  const file = name === 'module' ? './module.subject.ts' : `../peers/${name}.subject.mjs`;
  const url = new URL(file, import.meta.url).href;
  const before = await effectsOf(order.databaseUrl);
  const child = new Child(fileURLToPath(new URL('./subject.process.ts', import.meta.url)), [
    url,
    JSON.stringify(order),
  ]);
  await child.next();
  await child.ask('go');
  const ended = machineUse();
  const result = await child.ask<RaceResult>('go');
  const use = ended();
  await child.ended();
  await check(name, order, result, (await effectsOf(order.databaseUrl)) - before);
  return figuresOf(order, result, use);
}

function figuresOf({ backlog }: RaceOrder, { ms, cpu }: RaceResult, use: MachineUse): Measured {
  return {
    perSecond: (backlog / ms) * 1_000,
    node: cpu / backlog,
    servers: use.servers / backlog,
    disturbed: use.disturbed,
  };
}

/** What is fast and wrong has not won. */
async function check(
  name: string,
  { figure, warmUp, backlog }: RaceOrder,
  { calls }: RaceResult,
  effects: number,
): Promise<void> {
  const events = warmUp + backlog;
  const right = {
    empty: calls >= backlog,
    transaction: effects === events,
    grouped: effects === events,
    'at-least-once': effects >= events,
  }[figure];
  if (!right)
    throw new Error(`${name}: ${effects} effects and ${calls} calls for ${events} events.`);
}

async function makeEffects(url: string): Promise<void> {
  await withDatabase(url, async (database) => {
    await database.query(
      'CREATE TABLE bench_effect (id int PRIMARY KEY, n int NOT NULL) WITH (fillfactor = 50)',
    );
    await database.query(
      'INSERT INTO bench_effect SELECT g, 0 FROM generate_series(0, $1::int) g',
      [EFFECT_ROWS - 1],
    );
  });
}

async function effectsOf(url: string): Promise<number> {
  return withDatabase(url, async (database) => {
    const [row] = await database.query<[{ sum: string }]>('SELECT sum(n) AS sum FROM bench_effect');
    return Number(row.sum);
  });
}

export async function withDatabase<T>(
  url: string,
  work: (database: DataSource) => Promise<T>,
): Promise<T> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

function installPeers(against: readonly string[]): void {
  if (against.length === 0 || existsSync(`${PEERS}node_modules`)) return;
  console.log('Installing the peers (bench/peers) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: PEERS, stdio: 'inherit' });
}

function versions(against: readonly string[]): Readonly<Record<string, string>> {
  const of = (file: string): string =>
    (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  const own = of(fileURLToPath(new URL('../../package.json', import.meta.url)));
  const peers = against.map((name): [string, string] => [
    name,
    of(`${PEERS}node_modules/${name}/package.json`),
  ]);
  return { module: own, ...Object.fromEntries(peers) };
}

function print(figure: Figure, results: ReadonlyMap<string, readonly Measured[]>): void {
  const ours = median(results.get('module')?.map(({ perSecond }) => perSecond) ?? []);
  const rows = [...results].map(([name, measured]) => {
    const of = (field: 'perSecond' | 'node' | 'servers') => measured.map((one) => one[field]);
    const rates = of('perSecond');
    return {
      [FIGURES[figure]]: name,
      'events/s': whole(median(rates)),
      'least to most': `${whole(Math.min(...rates))} – ${whole(Math.max(...rates))}`,
      'the module is': name === 'module' ? '' : `${twoPlaces(ours / median(rates))} ×`,
      'Node an event': `${whole(median(of('node')))} µs`,
      'servers an event': `${whole(median(of('servers')))} µs`,
      ...(measured.some(({ disturbed }) => disturbed) && { disturbed: 'yes' }),
    };
  });
  printTable(`${results.get('module')?.length ?? 0} rounds in turns`, rows);
}
