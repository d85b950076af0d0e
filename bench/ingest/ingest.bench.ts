import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../../test/databases.js';
import { whyNot } from '../against.js';
import type { BenchOptions } from '../bench.options.js';
import { Child } from '../child.js';
import { disturbedRounds, undisturbed, type Judged } from '../disturbance.js';
import { median } from '../measure.js';
import { processorTime, shareOfOthers } from '../processor.js';
import { REDIS_URL } from '../redis.js';
import type { Report } from '../report.js';
import { microseconds, milliseconds, printTable, range, twoPlaces, whole } from '../table.js';
import type { LoadOrder, LoadResult } from './load.js';
import type { ServerStatus } from './serve.js';
import { openPage } from './open.page.js';
import { VARIANTS, VARIANT_FACTS, type Variant } from './variants.js';

/** How quickly a webhook is answered, beside a bare route and beside what else one could write. */
export async function benchIngest(options: BenchOptions, report: Report): Promise<void> {
  for (const database of options.databases) await onDatabase(database, options, report);
}

async function onDatabase(
  kind: DatabaseKind,
  options: BenchOptions,
  report: Report,
): Promise<void> {
  const variants = wantedOf(options);
  const grounds = await Promise.all(variants.map(() => kind.create()));
  const load = new Child('./ingest/load.ts');
  const subjects = await Promise.all(
    variants.map((variant, at) => Subject.start(variant, kind.name, grounds[at]?.url ?? '')),
  );
  // Round 0 warms up.
  for (let round = 0; round <= options.rounds; round += 1) {
    // There and back: what comes after another one meets a disk that is busy with its writes.
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const measured = await undisturbed(subject.variant, () => subject.measure(load, options));
      if (round > 0) subject.results.push(measured);
    }
  }
  load.kill();
  await Promise.all(subjects.map((subject) => subject.end()));
  await Promise.all(grounds.map((ground) => ground.drop()));
  print(kind.name, subjects, options);
  for (const { variant, results } of subjects) {
    const { connections, requests } = options;
    report.add({
      ...{ bench: 'ingest', database: kind.name, subject: variant },
      ...{ connections, requests, measured: results },
    });
  }
}

/** Those that can run here; says why one cannot. */
function wantedOf({ variants, against }: BenchOptions): readonly Variant[] {
  return VARIANTS.filter((name) => {
    const { opponent } = VARIANT_FACTS[name];
    if (opponent !== undefined && !against.includes(opponent)) return false;
    if (variants.length > 0 && !variants.includes(name)) return false;
    const reason = opponent === 'bullmq' ? whyNot(opponent) : undefined;
    if (reason !== undefined) console.log(`${name} is skipped: it ${reason}`);
    return reason === undefined;
  });
}

interface Measured extends LoadResult {
  /** Microseconds of the server's processor time for one request; with the worker, its work included. */
  readonly cpu: number;
  readonly others: number | undefined;
}

/** One variant's server, and what was measured of it. */
class Subject {
  readonly results: Judged<Measured>[] = [];
  /** Number of the next event: no two are the same. */
  private next = 0;

  private constructor(
    readonly variant: Variant,
    private readonly server: Child,
    private readonly url: string,
  ) {}

  static async start(variant: Variant, database: string, databaseUrl: string): Promise<Subject> {
    // BENCH_PROFILE=<variant> writes a .cpuprofile of its server.
    const profile = process.env['BENCH_PROFILE'] === variant ? ['--cpu-prof'] : [];
    const server =
      variant === 'bullmq'
        ? new Child('./peers/bullmq.server.ts', [REDIS_URL], profile)
        : new Child('./ingest/server.ts', [variant, database, databaseUrl], profile);
    return new Subject(variant, server, await server.next<string>());
  }

  async measure(load: Child, { requests, connections }: BenchOptions): Promise<Measured> {
    const before = await this.server.ask<ServerStatus>('status');
    const order: LoadOrder = { url: this.url, requests, connections, from: this.next };
    this.next += requests;
    const close = this.variant === 'module-with-page' ? openPage(this.url) : () => undefined;
    const began = processorTime();
    const result = await load.ask<LoadResult>(order).finally(close);
    const ended = processorTime();
    if (result.refused > 0) {
      throw new Error(`${this.variant}: ${result.refused} requests were not answered 2xx.`);
    }
    let after = await this.server.ask<ServerStatus>('status');
    while (after.unsettled > 0) {
      await pause(50);
      after = await this.server.ask<ServerStatus>('status');
    }
    return {
      ...result,
      cpu: ((after.cpu - before.cpu) * 1000) / requests,
      others: began && ended && shareOfOthers(began, ended),
    };
  }

  end(): Promise<void> {
    return this.server.end();
  }
}

function print(
  database: string,
  subjects: readonly Subject[],
  { connections }: BenchOptions,
): void {
  const rows = subjects.map(({ variant, results }) => {
    const of = (name: 'perSecond' | 'p50' | 'p99' | 'cpu') => results.map((result) => result[name]);
    const { text, bare } = VARIANT_FACTS[variant];
    const plain = subjects.find((subject) => subject.variant === bare)?.results;
    // Each with the bare route of its own round: what else the machine does is the same for both.
    const shares = results.map(({ perSecond }, at) => perSecond / (plain?.[at]?.perSecond ?? NaN));
    return {
      [database]: text,
      'requests/s': whole(median(of('perSecond'))),
      'min–max': range(of('perSecond')),
      p50: milliseconds(median(of('p50'))),
      p99: milliseconds(median(of('p99'))),
      'of bare': twoPlaces(median(shares)),
      'CPU a request': microseconds(median(of('cpu'))),
      disturbed: disturbedRounds(results),
    };
  });
  printTable(`Answers to webhooks, ${connections} connections`, rows);
}
