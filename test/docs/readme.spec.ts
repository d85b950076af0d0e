import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DataSource } from 'typeorm';
import { Child, eventually, freePort } from '../child.js';
import { testDatabase, type TestDatabase } from '../databases.js';

const readme = readFileSync('README.md', 'utf8');

interface Block {
  readonly language: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = '', code = '']) => ({ language, code }),
);
const codeIn = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ code }) => code);

/** A folder inside the package, where its own name resolves to the build, as a user's would. */
let folder: string;

/** What some blocks import as the application's own, on SQLite in memory. */
const APP_MODULE = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule } from 'nestjs-armox-armalo';
import { SqliteDriver } from '../dist-sample/database/sqlite.driver.js';

export class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'better-sqlite3', driver: SqliteDriver, database: ':memory:', synchronize: true }),
    ArmoxArmaloModule.forRoot({ armalo: { webhookSecret: 'whsec_app' } }),
  ],
})(AppModule);
`;

beforeAll(async () => {
  folder = mkdtempSync('.readme-');
  writeFileSync(join(folder, 'app.module.js'), APP_MODULE);
  writeFileSync(join(folder, 'app.module.d.ts'), 'export declare class AppModule {}\n');
  codeIn('ts').forEach((code, index) => writeFileSync(join(folder, `block-${index}.ts`), code));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: { noEmit: false, outDir: '.', rootDir: '.', paths: {}, types: ['node'] },
      include: ['*.ts'],
      exclude: [],
    }),
  );
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blockFile = (index: number) => join(folder, `block-${index}.js`);

it('every TypeScript block compiles', async () => {
  const tsc = Child.node(['node_modules/typescript/bin/tsc', '-p', folder]);
  expect([await tsc.end(), tsc.output]).toEqual([0, '']);
}, 60_000);

describe('the quick start', () => {
  let database: TestDatabase | undefined;
  let app: Child | undefined;

  afterAll(async () => {
    await app?.stop();
    await database?.drop();
  });

  it('receives what the curl and the Python blocks sign, and its transactional handler takes effect once', async () => {
    const postgres = await testDatabase('postgres');
    if (!postgres.available) return console.warn('Skipped: the quick start needs PostgreSQL.');
    for (const tool of ['python3', 'curl', 'openssl']) {
      if (spawnSync(tool, ['version']).error) return console.warn(`Skipped: no ${tool}.`);
    }
    database = await postgres.create();
    const port = await freePort();
    app = Child.node([blockFile(0)], {
      DATABASE_URL: database.url,
      PORT: String(port),
      ARMOX_WEBHOOK_SECRET: 'armox secret',
      ARMALO_WEBHOOK_SECRET: 'whsec_test',
    });
    await app.says(/successfully started/);

    const script = join(folder, 'deliver.py');
    writeFileSync(script, codeIn('python')[0] ?? '');
    const url = `http://127.0.0.1:${port}/webhooks/armalo`;
    for (let time = 0; time < 2; time += 1) {
      const python = new Child('python3', [script, url, 'whsec_test']);
      expect([await python.end(), python.output.trim()]).toEqual([0, '200']);
    }

    const curl = new Child('bash', ['-c', codeIn('bash')[0] ?? ''], {
      PORT: String(port),
      ARMOX_WEBHOOK_SECRET: 'armox secret',
    });
    await curl.end();
    expect(curl.output).toContain('{"received":true,"duplicate":false,"id":"job_1:completed"}');

    const dataSource = await new DataSource(database.options).initialize();
    const agents = await eventually(
      () => dataSource.query<object[]>('SELECT * FROM agent'),
      (rows) => rows.length > 0,
    );
    const events = await dataSource.query<object[]>('SELECT event_id FROM armox_armalo_inbox');
    await dataSource.destroy();
    expect(agents).toEqual([{ id: 'agent_1', frozen: true }]);
    expect(events).toHaveLength(2);

    app.kill('SIGTERM');
    await app.end();
  }, 60_000);
});

const isTest = (code: string) => code.includes("'@jest/globals'");

it('every other TypeScript block runs', async () => {
  for (const [index, code] of codeIn('ts').entries()) {
    if (index === 0 || isTest(code)) continue;
    const child = Child.node([blockFile(index)]);
    const exit = await child.end();
    const said = child.output.split('\n').filter((line) => !/^\[Nest\].* LOG /.test(line));
    expect([exit, said.join('\n')]).toEqual([0, '']);
  }
}, 60_000);

it('the test of a handler passes as it stands', async () => {
  const postgres = await testDatabase('postgres');
  if (!postgres.available) return console.warn('Skipped: the example test needs PostgreSQL.');
  const database = await postgres.create();
  const index = codeIn('ts').findIndex(isTest);
  const config = { rootDir: resolve(folder), testMatch: [`<rootDir>/block-${index}.js`] };
  const test = Child.node(
    [
      ...['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--colors=false'],
      ...['--config', JSON.stringify({ ...config, transform: {} })],
    ],
    { DATABASE_URL: database.url },
  );
  const code = await test.end();
  await database.drop();
  expect([code, test.output]).toEqual([0, expect.stringContaining('1 passed, 1 total')]);
}, 60_000);

describe('the set-up commands', () => {
  const commands = codeIn('sh').map((code) => code.trim());
  const [newest = '', nest11 = ''] = commands;
  const packages = (command: string) => command.replace(/^npm install /, '').split(' ');
  const { scripts, peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as {
    scripts: Record<string, string>;
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  const requiredPeers = Object.keys(peerDependencies).filter(
    (name) => !peerDependenciesMeta[name]?.optional,
  );

  it('are there, each run elsewhere: npm start by the sample app’s test, npm cit by the gate', () => {
    expect(commands.slice(2)).toEqual(['npm ci && npm start', 'npm cit']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
  });

  it('install every peer that not every Nest application has already', () => {
    const presentInEveryNestApp = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
    expect([...packages(newest), ...presentInEveryNestApp].sort()).toEqual(
      ['nestjs-armox-armalo', ...requiredPeers].sort(),
    );
  });

  it('install the same on Nest 11, with the oldest versions that the peers allow', () => {
    const unversioned = packages(nest11).map((name) => name.replace(/(?<=.)@\d+$/, ''));
    expect(unversioned).toEqual(packages(newest));
    for (const [, name = '', major = ''] of nest11.matchAll(/(@nestjs\/\w+)@(\d+)/g)) {
      expect(peerDependencies[name]).toMatch(new RegExp(`^\\^${major}\\.`));
    }
  });
});
