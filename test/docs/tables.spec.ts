import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import * as library from '../../lib/index.js';
import type { SourceEvent } from '../../lib/index.js';
import { armaloSource } from '../../lib/sources/armalo/index.js';
import { armoxSource } from '../../lib/sources/armox/index.js';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import { readEnvironment } from '../../sample-app/environment.js';
import { comparable, differences, type Claim } from './comparison.js';
import { codesIn, MarkdownFile, type Table } from './markdown.js';
import { PublicTypes } from './public.types.js';

const readme = new MarkdownFile('README.md');
const types = new PublicTypes();

/** What one column says of each name in the first one. */
function claims({ rows }: Table, column: number): readonly Claim[] {
  return rows.flatMap(({ line, cells }) => {
    const words = cells[column] ?? '';
    return codesIn(cells[0] ?? '').map((name) => ({ name, line, words, value: comparable(words) }));
  });
}

/** Where only the names are compared, every one is said to be there. */
const THERE = 'there';
const namesOf = (table: Table): readonly Claim[] =>
  claims(table, 0).map((claim) => ({ ...claim, value: THERE }));
const named = (names: readonly string[]) => new Map(names.map((name) => [name, THERE]));

describe('The README’s table of errors', () => {
  const table = readme.table('code');

  it('has each class with its code, and no other', () => {
    const call = { service: 'Armox', request: 'GET /jobs' };
    const code = Object.entries(library).flatMap(([name, value]) =>
      // Whatever its constructor takes: the code is the class's.
      isErrorClass(value) ? [[new value(call).code, name] as const] : [],
    );
    expect(differences(table, claims(table, 1), new Map(code))).toEqual([]);
  });

  it('has each code that is in the sources, exported or not', () => {
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' });
    const codes = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => readFileSync(join('lib', file), 'utf8').match(/'ARMOX_ARMALO_\w+'/g) ?? [])
      .map((code) => comparable(code));
    expect(differences(table, namesOf(table), named(codes))).toEqual([]);
  });
});

const ABSTRACT: readonly unknown[] = [library.ArmoxArmaloError, library.ApiError];

type AnyError = new (...given: unknown[]) => library.ArmoxArmaloError;

function isErrorClass(value: unknown): value is AnyError {
  if (typeof value !== 'function' || ABSTRACT.includes(value)) return false;
  return value.prototype instanceof library.ArmoxArmaloError;
}

describe('The README’s table of states', () => {
  const table = readme.table('state');

  it('has each state that events are found by, and no other', () => {
    // `open` has two rows, with a lease and without one.
    const listed = namesOf(table).filter(
      ({ name }, index, all) => all.findIndex((other) => other.name === name) === index,
    );
    expect(differences(table, listed, named(types.texts('EventFilter', 'state')))).toEqual([]);
  });

  it('has each reason of its states, and no other', () => {
    const dead = types.texts('DeadReason');
    const reasons = new Map(
      types
        .texts('EndReason')
        .map((reason) => [reason, dead.includes(reason) ? 'dead' : 'ignored']),
    );
    const listed = table.rows.flatMap(({ line, cells: [state = '', means = ''] }) =>
      codesIn(means.split('`reason`')[1] ?? '')
        .filter((code) => !code.includes('_'))
        .map((name) => ({ name, line, words: comparable(state), value: comparable(state) })),
    );
    expect(differences(table, listed, reasons)).toEqual([]);
  });

  it('and the rest of the README name no reason that is not among them', () => {
    const mentioned = [...readme.text.matchAll(/\breason\s`([a-z-]+)`/g)].map(([, name]) => name);
    expect(mentioned.length).toBeGreaterThan(1);
    expect(types.texts('EndReason')).toEqual(expect.arrayContaining(mentioned));
  });
});

describe('The README’s sentence about the context of a handler', () => {
  const [sentence = ''] = /The context has .*?handler\./s.exec(readme.text) ?? [];
  const [, origins = ''] = /`origin` \((.*?)\)/s.exec(sentence) ?? [];

  it('names each field, and no other', () => {
    const fields = codesIn(sentence.replace(origins, ''));
    expect([...fields].sort()).toEqual([...types.fields('HandlerContext')].sort());
  });

  it('names each origin of an event, and no other', () => {
    expect([...codesIn(origins)].sort()).toEqual([...types.texts('EventOrigin')].sort());
  });
});

it('The README names each fault that the sandboxes may do to their webhooks, and no other', () => {
  const [, words = ''] = /They can (.*?) their webhooks/.exec(readme.text) ?? [];
  expect(words.split(/, | and /).sort()).toEqual([...types.fields('DeliveryFaults')].sort());
});

describe('The README’s tables of events', () => {
  /** A body that is sound for whatever event its name makes it. */
  const facts = {
    ...{ agentId: 'agent_1', compositeScore: 1, evalId: 'eval_1' },
    ...{ passed: true, checksTotal: 1, checksPassed: 1 },
  };
  const bodyOf = (event: string, more: object) => Buffer.from(JSON.stringify({ event, ...more }));
  const digest = (body: Buffer) => createHash('sha256').update(body).digest('hex');

  it('have each event of Armox with its identity, and no other', () => {
    const table = readme.table('Armox');
    const code = library.ARMOX_EVENT_NAMES.map((name) => {
      const status = name.replace('job.', '');
      const body = bodyOf(name, { job: { id: 'job_1', status } });
      return [name, identity(armoxSource().open({ account: '', body }))] as const;
    });
    const listed = claims(table, 1).map((claim) => {
      const status = claim.name.replace('job.', '');
      const value = claim.value.replace('<job.id>', 'job_1').replace('<status>', status);
      return { ...claim, value };
    });
    expect(differences(table, listed, new Map(code))).toEqual([]);
  });

  it('have each event of Armalo with its identity, and no other', () => {
    const table = readme.table('Armalo');
    const bodies = new Map<string, Buffer>(
      library.ARMALO_EVENT_NAMES.map((name) => [
        name,
        bodyOf(name, { timestamp: '2026-01-01T00:00:00.000Z', data: facts }),
      ]),
    );
    const code = [...bodies].map(
      ([name, body]) => [name, identity(armaloSource().open({ account: '', body }))] as const,
    );
    const listed = claims(table, 1).map((claim) => {
      const body = digest(bodies.get(claim.name) ?? Buffer.of());
      const value = claim.value.replace(/^body$/, `${claim.name}:${body}`);
      return { ...claim, value: value.replace('<evalId>', facts.evalId) };
    });
    expect(differences(table, listed, new Map(code))).toEqual([]);
  });

  function identity({ id, problems }: SourceEvent): string {
    expect(problems).toEqual([]);
    return id;
  }

  it('are followed by the identity of what is not of its documented shape', () => {
    const body = bodyOf('score.changed', { data: {} });
    const { id } = armaloSource().open({ account: '', body });
    const [, words = ''] =
      /identity `(<event>:\w+:<SHA-256 of the raw body>)`/.exec(readme.text) ?? [];
    const written = words
      .replace('<event>', 'score.changed')
      .replace('<SHA-256 of the raw body>', digest(body));
    expect(id).toBe(written);
  });
});

describe('The README’s table of the sample app’s environment', () => {
  const table = readme.table('variable');
  const read = new Set<string>();
  const environment = readEnvironment(
    new Proxy({}, { get: (_, name) => (read.add(String(name)), undefined) }),
  );
  const { port, databaseUrl, adapter, sandbox } = environment;

  it('has each variable that is read with its default, and no other', () => {
    const defaults = new Map<string, string>([
      ['PORT', String(port)],
      ['DATABASE_URL', databaseUrl],
      ['HTTP_ADAPTER', adapter],
      ['SANDBOX', `${sandbox ? 'on' : 'off'} when no base URL is given`],
      ['ARMOX_WEBHOOK_SECRET', 'made up with the sandbox on'],
      ['ARMALO_WEBHOOK_SECRET', 'made up with the sandbox on'],
    ]);
    const code = new Map([...read].map((name) => [name, defaults.get(name) ?? 'the sandbox']));
    expect(differences(table, claims(table, 1), code)).toEqual([]);
  });

  it('has what may be chosen, as the refusal of anything else says it', () => {
    for (const { cells } of table.rows) {
      const choices = /^`\w+` or `\w+`$/.exec(cells[2] ?? '')?.[0].replaceAll('`', '');
      if (choices === undefined) continue;
      const [name = ''] = codesIn(cells[0] ?? '');
      expect(() => readEnvironment({ [name]: 'neither' })).toThrow(`write ${choices}.`);
    }
  });
});

it('The README’s table of own dependencies has each one, and no other', () => {
  const table = readme.table('own dependency');
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: object;
  };
  expect(differences(table, namesOf(table), named(Object.keys(dependencies)))).toEqual([]);
});

describe('What the documents say of the database', () => {
  /** Every table with its columns, from a database as the module makes it. */
  const tables = new Map<string, readonly string[]>();

  beforeAll(async () => {
    const dataSource = await new DataSource({
      type: 'better-sqlite3',
      driver: SqliteDriver,
      database: ':memory:',
      migrations: library.inboxMigrations({ type: 'better-sqlite3' }),
      migrationsRun: true,
    }).initialize();
    const columns = await dataSource.query<{ table: string; name: string }[]>(
      `SELECT t.name AS "table", c.name AS name FROM sqlite_master t, pragma_table_info(t.name) c
       WHERE t.type = 'table'`,
    );
    await dataSource.destroy();
    for (const { table, name } of columns) tables.set(table, [...(tables.get(table) ?? []), name]);
  });

  it.each(['README.md', 'docs/reliability.md', 'docs/performance.md'])(
    '%s names tables only that there are',
    (path) => {
      const mentioned = new MarkdownFile(path).text.match(/\barmox_armalo_[a-z_]+/g) ?? [];
      expect([...tables.keys()]).toEqual(expect.arrayContaining(mentioned));
    },
  );

  it('the README’s section about operating names columns only that there are', () => {
    const operating = codesIn(readme.section('Operating it')).filter((code) =>
      /^[a-z]+(_[a-z]+)+$/.test(code),
    );
    const columns = operating.filter((code) => !code.startsWith('armox_armalo_'));
    expect(columns).toEqual(expect.arrayContaining(['due_at', 'last_error']));
    const inbox = [...(tables.get('armox_armalo_inbox') ?? []), ...SERVER_SETTINGS];
    expect(inbox).toEqual(expect.arrayContaining(columns));
  });

  /** Of MySQL/MariaDB, named beside the columns. */
  const SERVER_SETTINGS = ['binlog_format', 'max_allowed_packet'];
});
