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
import {
  comparable,
  differences,
  differencesOfNames,
  named,
  namesOnly,
  type Claim,
} from './comparison.js';
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

const namesOf = (table: Table): readonly Claim[] => namesOnly(claims(table, 0));

describe('The README’s table of errors', () => {
  const table = readme.table('code');

  it('has each class with its code, and no other', () => {
    const call = { service: 'Armox', request: 'GET /jobs' };
    const code = Object.entries(library).flatMap(([name, value]) =>
      // Whatever its constructor takes: the code is the class's.
      isErrorClass(value) ? [[codeOf(value, call), name] as const] : [],
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

/** `isErrorClass` has left the abstract ones out. */
const codeOf = (type: unknown, call: object): string => new (type as AnyError)(call).code;

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

  it('has the reasons that the rest of the README speaks of', () => {
    const spokenOf = readme.passages(/\breason `(?<reason>[a-z-]+)`/);
    const unknown = spokenOf.filter(
      ({ groups: { reason = '' } }) => !types.texts('EndReason').includes(reason),
    );
    expect(unknown.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
    expect(spokenOf.length).toBeGreaterThan(1);
  });
});

describe('The README’s sentence about the context of a handler', () => {
  const sentence = readme.passage(/The context has .*?`origin` \((?<origins>.*?)\).*?handler\./);
  const { text, groups } = sentence;
  const { origins = '' } = groups;

  it('names each field, and no other', () => {
    const fields = codesIn(text.replace(origins, ''));
    expect(differencesOfNames(sentence, fields, types.fields('HandlerContext'))).toEqual([]);
  });

  it('names each origin of an event, and no other', () => {
    const listed = codesIn(origins);
    expect(differencesOfNames(sentence, listed, types.texts('EventOrigin'))).toEqual([]);
  });
});

it('The README names each fault that the sandboxes may do to their webhooks, and no other', () => {
  const sentence = readme.passage(/They can (?<faults>.*?) their webhooks/);
  const listed = (sentence.groups['faults'] ?? '').split(/, | and /);
  expect(differencesOfNames(sentence, listed, types.fields('DeliveryFaults'))).toEqual([]);
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
    const { where, groups } = readme.passage(/has the identity `(?<form>[^`]*)`/);
    const body = bodyOf('score.changed', { data: {} });
    const written = (groups['form'] ?? '')
      .replace('<event>', 'score.changed')
      .replace('<SHA-256 of the raw body>', digest(body));
    expect([where, written]).toEqual([where, armaloSource().open({ account: '', body }).id]);
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
      ['OPS_PASSWORD', 'made up with the sandbox on'],
      ['OPS_VIEW_PASSWORD', 'none'],
    ]);
    const code = new Map([...read].map((name) => [name, defaults.get(name) ?? 'the sandbox']));
    expect(differences(table, claims(table, 1), code)).toEqual([]);
  });

  it('has what may be chosen, as the refusal of anything else says it', () => {
    for (const { line, cells } of table.rows) {
      const choices = /^`\w+` or `\w+`$/.exec(cells[2] ?? '')?.[0].replaceAll('`', '');
      if (choices === undefined) continue;
      const [name = ''] = codesIn(cells[0] ?? '');
      expect([line, refusal({ [name]: 'neither' })]).toEqual([
        line,
        expect.stringContaining(`write ${choices}.`),
      ]);
    }
  });
});

function refusal(env: NodeJS.ProcessEnv): string {
  try {
    readEnvironment(env);
  } catch (error) {
    return (error as Error).message;
  }
  return 'it is accepted';
}

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

  it('names tables only that there are', () => {
    const documents = ['README.md', 'docs/reliability.md', 'docs/performance.md'];
    const spokenOf = documents.flatMap((path) =>
      new MarkdownFile(path).passages(/\b(?<name>armox_armalo_[a-z_]+)/),
    );
    const unknown = spokenOf.filter(({ groups: { name = '' } }) => !tables.has(name));
    expect(unknown.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
    expect(spokenOf.length).toBeGreaterThan(3);
  });

  it('names columns of the inbox only that there are', () => {
    const section = readme.passage(/## Operating it\n.*?\n## /);
    // Of MySQL/MariaDB, named beside the columns.
    const settings = ['binlog_format', 'max_allowed_packet'];
    const known = [...(tables.get('armox_armalo_inbox') ?? []), ...tables.keys(), ...settings];
    const names = codesIn(section.text).filter((code) => /^[a-z]+(_[a-z]+)+$/.test(code));
    const unknown = names.filter((name) => !known.includes(name));
    expect([section.where, ...unknown]).toEqual([section.where]);
    expect(names).toContain('due_at');
  });
});
