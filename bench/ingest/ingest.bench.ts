import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { median } from '../measure.js';
import { milliseconds, printTable, twoPlaces, whole } from '../table.js';
import { Child } from './child.js';
import type { LoadOrder, LoadResult } from './load.js';
import type { ServerStatus } from './server.js';
import { VARIANTS, VARIANT_TEXTS, type Variant } from './variants.js';

const CONNECTIONS = 64;

/** How quickly a webhook is answered, beside a bare route and beside what one writes by hand. */
export async function benchIngest(options: BenchOptions): Promise<void> {
  for (const database of options.databases) await onDatabase(database, options);
}

async function onDatabase(kind: DatabaseKind, options: BenchOptions): Promise<void> {
  const { variants: wanted } = options;
  const variants = VARIANTS.filter((name) => wanted.length === 0 || wanted.includes(name));
  const grounds = await Promise.all(variants.map(() => kind.create()));
  const load = new Child('./load.ts');
  const subjects = await Promise.all(
    variants.map((variant, at) => Subject.start(variant, kind.name, grounds[at]?.url ?? '')),
  );
  // Round 0 warms up.
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const subject of subjects) {
      const measured = await subject.measure(load, options.requests, round * options.requests);
      if (round > 0) subject.results.push(measured);
    }
  }
  load.kill();
  await Promise.all(subjects.map((subject) => subject.end()));
  await Promise.all(grounds.map((ground) => ground.drop()));
  report(kind.name, subjects);
}

interface Measured extends LoadResult {
  /** Microseconds of the server's processor time for one request; with the worker, its work included. */
  readonly cpu: number;
}

/** One variant's server, and what was measured of it. */
class Subject {
  readonly results: Measured[] = [];

  private constructor(
    readonly variant: Variant,
    private readonly server: Child,
    private readonly url: string,
  ) {}

  static async start(variant: Variant, database: string, databaseUrl: string): Promise<Subject> {
    // BENCH_PROFILE=<variant> writes a .cpuprofile of its server.
    const profile = process.env['BENCH_PROFILE'] === variant ? ['--cpu-prof'] : [];
    const server = new Child('./server.ts', [variant, database, databaseUrl], profile);
    return new Subject(variant, server, await server.next<string>());
  }

  async measure(load: Child, requests: number, from: number): Promise<Measured> {
    const before = await this.server.ask<ServerStatus>('status');
    const order: LoadOrder = { url: this.url, requests, connections: CONNECTIONS, from };
    const result = await load.ask<LoadResult>(order);
    if (result.refused > 0) {
      throw new Error(`${this.variant}: ${result.refused} requests were not answered 2xx.`);
    }
    let after = await this.server.ask<ServerStatus>('status');
    while (after.unsettled > 0) {
      await pause(50);
      after = await this.server.ask<ServerStatus>('status');
    }
    return { ...result, cpu: ((after.cpu - before.cpu) * 1000) / requests };
  }

  end(): Promise<void> {
    return this.server.end();
  }
}

function report(database: string, subjects: readonly Subject[]): void {
  const plain = subjects.find(({ variant }) => variant === 'plain')?.results;
  const rows = subjects.map(({ variant, results }) => {
    const of = (name: keyof Measured) => median(results.map((result) => result[name]));
    // Each with the bare route of its own round: what else the machine does is the same for both.
    const shares = results.map(({ perSecond }, at) => perSecond / (plain?.[at]?.perSecond ?? NaN));
    return {
      [database]: VARIANT_TEXTS[variant],
      'requests/s': whole(of('perSecond')),
      p50: milliseconds(of('p50')),
      p99: milliseconds(of('p99')),
      'of bare': twoPlaces(median(shares)),
      'CPU a request': `${whole(of('cpu'))} µs`,
    };
  });
  printTable(`Answers to webhooks, ${CONNECTIONS} connections`, rows);
}
