import { describe, expect, it } from '@jest/globals';
import type { ArmoxArmaloOptions } from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { OPTION_RULES } from '../../lib/module/armox-armalo.option-rules.js';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import { optionPaths } from '../../lib/core/index.js';
import { resolveOptions } from '../../lib/module/resolve-options.js';
import { assertPoolCarries } from '../../lib/module/transaction-limit.js';

const armalo = { webhookSecret: 'whsec_test' };

const resolve = (options: unknown) => resolveOptions(options as ArmoxArmaloOptions);

function refusal(options: unknown): string {
  try {
    resolve(options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'it is accepted';
}

describe('A value that cannot be meant is refused, with unit, bounds and what was given:', () => {
  it.each<[string, object, string]>([
    [
      'days taken for milliseconds, which would end deduplication at once',
      { worker: { retention: { row: 180 } } },
      'Option `worker.retention.row`: must be a whole number of milliseconds from 3,600,000 to 3,153,600,000,000; it is 180.',
    ],
    [
      'a negative period',
      { worker: { retention: { payload: -1 } } },
      'Option `worker.retention.payload`: must be a whole number of milliseconds from 3,600,000 to 3,153,600,000,000; it is -1.',
    ],
    [
      'a period as a text',
      { worker: { retention: { dead: '180d' } } },
      'Option `worker.retention.dead`: must be a whole number of milliseconds from 3,600,000 to 3,153,600,000,000, or null; it is the text "180d".',
    ],
    [
      'an interval beyond what a timer can wait',
      { reconcile: { interval: 2_592_000_000 } },
      'Option `reconcile.interval`: must be a whole number of milliseconds from 1,000 to 86,400,000; it is 2592000000.',
    ],
    [
      'seconds taken for milliseconds',
      { ingestTimeout: 5 },
      'Option `ingestTimeout`: must be a whole number of milliseconds from 100 to 60,000; it is 5.',
    ],
    [
      'more milliseconds than a timer can wait',
      { ingestTimeout: 2 ** 31 },
      'Option `ingestTimeout`: must be a whole number of milliseconds from 100 to 60,000; it is 2147483648.',
    ],
    [
      'a number as a text',
      { worker: { concurrency: '5' } },
      'Option `worker.concurrency`: must be a whole number of events from 1 to 10,000; it is the text "5".',
    ],
    [
      'no number',
      { worker: { retry: { factor: NaN } } },
      'Option `worker.retry.factor`: must be a number from 1 to 100; it is NaN.',
    ],
    [
      'a function given as a text',
      { armalo: { ...armalo, orderingKey: 'agentId' } },
      'Option `armalo.orderingKey`: must be a function; it is a text of 7 characters.',
    ],
    [
      'a switch given as a text',
      { migrationsRun: 'false' },
      'Option `migrationsRun`: must be true or false; it is a text of 5 characters.',
    ],
    [
      'true where there is nothing to turn on',
      { worker: true },
      'Option `worker`: must be an object, or false; it is true.',
    ],
    [
      'a service that is switched on',
      { armox: true },
      'Option `armox`: must be an object; it is true.',
    ],
    [
      'one agent instead of a list',
      { armalo: { ...armalo, watch: 'agent_1' } },
      'Option `armalo.watch`: must be a list of texts; it is a text of 7 characters.',
    ],
    [
      'a URL of no web server',
      { publicUrl: 'ftp://app.example.com' },
      'Option `publicUrl`: must be an http(s) URL without credentials, query and hash, or a function; it is a text of 21 characters.',
    ],
    [
      'a time zone that is not known',
      { reconcile: { cron: '* * * * *', timeZone: 'Berlin' } },
      'Option `reconcile.timeZone`: must be an IANA time zone such as Europe/Berlin; it is a text of 6 characters.',
    ],
    [
      'a schedule beside an interval',
      { reconcile: { cron: '* * * * *', interval: 5_000 } },
      'Option `reconcile.cron`: stands beside `reconcile.interval`; give one of them.',
    ],
    [
      'a look that comes later than the lease ends',
      { worker: { lease: 5_000, pollInterval: 10_000 } },
      'Option `worker.pollInterval`: is 10000 ms, longer than `worker.lease` (5000 ms), so that events of a process that died would wait for the next look. Make it shorter, or the lease longer.',
    ],
  ])('%s', (_, options, message) => {
    expect(refusal({ armalo, ...options })).toBe(message);
  });

  it('a secret is never repeated, wherever it was written by mistake', () => {
    const secret = 'whsec_0123456789';
    for (const options of [
      { armalo: { webhookSecret: ` ${secret}` } },
      { armalo: { ...armalo, apiKey: `${secret}\n` } },
      { armalo, worker: { concurrency: secret } },
      { armalo, publicUrl: `https://user:${secret}@app.example.com` },
      { armalo: { ...armalo, baseUrl: `https://user:${secret}@api.example.com` } },
    ]) {
      expect(refusal(options)).toMatch(/^Option /);
      expect(refusal(options)).not.toContain(secret);
    }
  });
});

describe('More transactional handlers than the pool has connections', () => {
  const pool = (more: object) => new DataSource({ type: 'postgres', ...more });

  it.each([
    [11, {}, 10],
    [6, { poolSize: 5 }, 5],
    [4, { extra: { max: 3 } }, 3],
  ])('%d are refused, with the size of the pool', (transactions, options, size) => {
    expect(() => assertPoolCarries(pool(options), transactions)).toThrow(
      `Option \`worker.transactions\`: is ${transactions}, but the pool of your DataSource has ${size} connections`,
    );
    assertPoolCarries(pool(options), size);
  });

  it('are no matter on SQLite, where they wait for one connection', () => {
    const file = { type: 'better-sqlite3', driver: SqliteDriver, database: ':memory:' } as const;
    assertPoolCarries(new DataSource(file), 8);
  });
});

describe('A name that is no option is refused:', () => {
  it.each<[string, object, string]>([
    [
      'a service',
      { armoxx: {} },
      'Option `armoxx`: there is no such option. Did you mean `armox`?',
    ],
    [
      'an option of a service',
      { armalo: { ...armalo, bodylimit: 1 } },
      'Option `armalo.bodylimit`: there is no such option. Did you mean `bodyLimit`?',
    ],
    [
      'a part of the retry policy',
      { worker: { retry: { attempt: 3 } } },
      'Option `worker.retry.attempt`: there is no such option. Did you mean `attempts`?',
    ],
    [
      'one that stands elsewhere',
      { concurrency: 3 },
      'Option `concurrency`: there is no such option. Did you mean `worker.concurrency`?',
    ],
    [
      'one that nothing resembles',
      { worker: { retention: { weeks: 3 } } },
      'Option `worker.retention.weeks`: there is no such option; there are `payload`, `row`, `dead`.',
    ],
    [
      'one that every object inherits',
      { worker: { toString: 3 } },
      'Option `worker.toString`: there is no such option',
    ],
    [
      'an event of the service',
      { armalo: { ...armalo, events: ['pact.violted'] } },
      'Option `armalo.events`: "pact.violted" is no event of armalo. Did you mean "pact.violated"?',
    ],
  ])('%s', (_, options, message) => {
    expect(refusal({ armalo, ...options })).toContain(message);
  });

  it('but an event that a service does not document yet may be expected', () => {
    expect(refusal({ armalo: { ...armalo, events: ['oracle.consulted'] } })).toBe('it is accepted');
  });

  it('a static option that a factory returns is refused, since it would be ignored', () => {
    for (const name of ['path', 'dataSource', 'decorators', 'isGlobal', 'controller']) {
      expect(refusal({ armalo, [name]: undefined })).toBe(
        `Option \`${name}\`: must be known before the other options are. Write it beside \`useFactory\`, \`useClass\` or \`useExisting\`.`,
      );
    }
  });

  it.each([[undefined], [null], ['armalo'], [() => ({ armalo })]])(
    'a factory that returns %p instead of options says so',
    (given) => {
      expect(refusal(given)).toMatch(/^Option `useFactory`: .*must return the options, an object/);
    },
  );
});

/** `{ worker: { retry: { factor: value } } }` for `worker.retry.factor`. */
const optionsWith = (path: string, value: unknown): Record<string, unknown> =>
  path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<
    string,
    unknown
  >;

const everyOption = optionPaths(OPTION_RULES);
const numbers = everyOption.flatMap(([path, { bounds }]) => (bounds ? [{ path, ...bounds }] : []));

describe('Every option', () => {
  it.each(everyOption.map(([path]) => path))('%s refuses what is of another kind', (path) => {
    for (const value of [Symbol('odd'), 3n, new Date(), [[]], NaN]) {
      const message = refusal({ armalo, ...optionsWith(path, value) });
      expect(message).toContain(`Option \`${path}\`: `);
    }
  });

  it.each(numbers)('$path is bounded on both sides, and takes its bounds', ({ path, min, max }) => {
    const given = (value: unknown) => refusal({ armalo, ...optionsWith(path, value) });
    for (const value of [min - 1, max + 1, -Infinity, Infinity, String(min), '10s']) {
      expect(given(value)).toContain(`Option \`${path}\`: must be a `);
    }
    for (const value of [min, max]) expect(given(value)).not.toContain('must be a ');
  });

  it('that is waited for by a timer is one that a timer can wait', () => {
    const byDatabase = /^worker\.(retention|retry\.maxDelay)/;
    const waited = numbers.filter(
      ({ path, unit }) => unit === 'milliseconds' && !byDatabase.test(path),
    );
    expect(Math.max(...waited.map(({ max }) => max))).toBeLessThan(2 ** 31);
  });

  it('that is left out has its default, which keeps to its own rule', () => {
    for (const [, { problem, default: fallback }] of everyOption) {
      if (fallback !== undefined) expect(problem(fallback)).toBeUndefined();
    }
    expect(resolve({ armalo })).toMatchObject({
      tablePrefix: 'armox_armalo',
      release: expect.stringMatching(/^\d+\.\d+\.\d+/),
      poolSize: 3,
      ingestTimeout: 5_000,
      reconcile: { interval: 10_000, jitter: 0.1, lease: 30_000, feeds: [] },
      worker: {
        concurrency: 50,
        transactions: undefined,
        retry: { attempts: 20, delay: 5_000, factor: 3, maxDelay: 21_600_000, jitter: 0.15 },
        retention: { payload: 1_209_600_000, row: 15_552_000_000, dead: null },
      },
    });
    expect(resolve({ armalo, reconcile: false, worker: false })).toMatchObject({
      reconcile: undefined,
      worker: undefined,
    });
  });
});
