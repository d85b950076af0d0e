// Installs the packed tarball into an empty project, as a user would, and receives one signed webhook
// with it: as an ES module and as CommonJS, with the newest and with the oldest peers.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const newest = (name) => `${name}@${devDependencies[name]}`;
const common = ['class-transformer', 'reflect-metadata', 'rxjs', '@photostructure/sqlite'].map(
  newest,
);
const peers = {
  newest: [
    ...common,
    ...['common', 'core', 'platform-express', 'typeorm', 'schedule'].map((name) =>
      newest(`@nestjs/${name}`),
    ),
    newest('typeorm'),
    newest('class-validator'),
  ],
  oldest: [
    ...common,
    ...['common', 'core', 'platform-express', 'typeorm'].map((name) => `@nestjs/${name}@11`),
    '@nestjs/schedule@6',
    'typeorm@0.3.20',
    'class-validator@0.14',
  ],
};

const bin = (name) => join('node_modules', '.bin', name);
const run = (command, args, cwd = process.cwd()) =>
  execFileSync(command, args, { cwd, stdio: 'inherit' });

const folder = mkdtempSync(join(tmpdir(), 'armox-armalo-smoke-'));
try {
  const tarball = pack();
  run(bin('publint'), ['run', tarball, '--strict']);
  run(bin('attw'), [tarball]);
  for (const [age, packages] of Object.entries(peers)) useAsInstalled(age, [tarball, ...packages]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    encoding: 'utf8',
  });
  return join(folder, JSON.parse(output)[0].filename);
}

function useAsInstalled(age, packages) {
  console.log(`With the ${age} peers:`);
  const project = mkdtempSync(join(folder, `${age}-`));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], project);
  writeFileSync(
    join(project, 'app.mjs'),
    app((name) => `await import('${name}')`),
  );
  writeFileSync(
    join(project, 'app.cjs'),
    app((name) => `require('${name}')`),
  );
  run(process.execPath, ['app.mjs'], project);
  run(process.execPath, ['app.cjs'], project);
}

/** The same body for both formats, behind lines that load what it uses. */
function app(load) {
  const names = [
    'nestjs-armox-armalo',
    'nestjs-armox-armalo/testing',
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/typeorm',
    '@photostructure/sqlite',
  ];
  const lines = names.map((name) => `packages['${name}'] = ${load(name)};`);
  const body = readFileSync(join('scripts', 'smoke-app.js'), 'utf8');
  return [`${load('reflect-metadata')};`, 'const packages = {};', ...lines, body].join('\n');
}
