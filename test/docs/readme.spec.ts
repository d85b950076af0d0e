import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import * as library from '../../lib/index.js';
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

beforeAll(async () => {
  folder = mkdtempSync('.readme-');
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

  it('receives what the Python block signs, and its transactional handler takes effect once', async () => {
    const postgres = await testDatabase('postgres');
    if (!postgres.available) return console.warn('Skipped: the quick start needs PostgreSQL.');
    if (spawnSync('python3', ['--version']).error) return console.warn('Skipped: no python3.');
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

    const dataSource = await new DataSource(database.options).initialize();
    const agents = await eventually(
      () => dataSource.query<object[]>('SELECT * FROM agent'),
      (rows) => rows.length > 0,
    );
    const events = await dataSource.query<object[]>('SELECT event_id FROM armox_armalo_inbox');
    await dataSource.destroy();
    expect(agents).toEqual([{ id: 'agent_1', frozen: true }]);
    expect(events).toHaveLength(1);

    app.kill('SIGTERM');
    await app.end();
  }, 60_000);
});

it('every other TypeScript block runs', async () => {
  const others = codeIn('ts').map((_, index) => index);
  for (const index of others.slice(1)) {
    const child = Child.node([blockFile(index)]);
    expect([await child.end(), child.output]).toEqual([0, '']);
  }
}, 60_000);

it('names set-up commands that package.json has, each run elsewhere: npm start by the sample app’s test, npm cit by the gate', () => {
  const commands = codeIn('sh').map((code) => code.trim());
  expect(commands.slice(1)).toEqual(['npm ci && npm start', 'npm cit']);
  const { scripts, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
    peerDependencies: Record<string, string>;
  };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
  const installed = commands[0]?.split(' ').slice(2) ?? [];
  const presentInEveryNestApp = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
  expect([...installed, ...presentInEveryNestApp].sort()).toEqual(
    ['nestjs-armox-armalo', ...Object.keys(peerDependencies)].sort(),
  );
});

it('lists every error code that the package exports, and none that is gone', () => {
  const listed = [...readme.matchAll(/^\| `(ARMOX_ARMALO_\w+)` +\| `(\w+)`/gm)].map(
    ([, code, name]) => `${name} ${code}`,
  );
  const sources = Object.entries(library).filter(
    ([, value]) =>
      typeof value === 'function' && value.prototype instanceof library.ArmoxArmaloError,
  );
  const exported = sources.map(([name]) => name).filter((name) => name !== 'ApiError');
  expect(listed.map((line) => line.split(' ')[0]).sort()).toEqual(exported.sort());
});

it('lists every event of both services, and none that is gone', () => {
  for (const name of [...library.ARMALO_EVENT_NAMES, ...library.ARMOX_EVENT_NAMES]) {
    expect(readme).toContain(`\`${name}\``);
  }
});
