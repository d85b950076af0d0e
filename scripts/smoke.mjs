// Installs the packed tarball into an empty project, as a user would, and receives one signed
// webhook with it: as an ES module and as CommonJS.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = process.cwd();
const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'armox-armalo-smoke-'));
const inFolder = (command, args) => execFileSync(command, args, { cwd: folder, stdio: 'inherit' });
const bin = (name) => join(root, 'node_modules', '.bin', name);

try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' }),
  );
  execFileSync(bin('publint'), ['run', join(folder, filename), '--strict'], { stdio: 'inherit' });
  execFileSync(bin('attw'), [join(folder, filename), '--profile', 'node16'], { stdio: 'inherit' });

  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const wanted = [
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/platform-express',
    '@nestjs/typeorm',
    '@nestjs/schedule',
    '@photostructure/sqlite',
    'typeorm',
    'class-validator',
    'class-transformer',
    'reflect-metadata',
    'rxjs',
  ];
  const packages = wanted.map((name) => `${name}@${devDependencies[name]}`);
  inFolder('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `./${filename}`,
    ...packages,
  ]);

  const body = readFileSync(join('scripts', 'smoke-app.js'), 'utf8');
  const names = [
    'nestjs-armox-armalo',
    'nestjs-armox-armalo/testing',
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/typeorm',
    '@photostructure/sqlite',
  ];
  const load = (how) =>
    `const packages = {};\n${names.map((name) => `packages[${JSON.stringify(name)}] = ${how(name)};`).join('\n')}\n`;
  const reflect = (how) => `${how('reflect-metadata')};\n`;
  const asImport = (name) => `await import(${JSON.stringify(name)})`;
  const asRequire = (name) => `require(${JSON.stringify(name)})`;
  writeFileSync(join(folder, 'app.mjs'), reflect(asImport) + load(asImport) + body);
  writeFileSync(join(folder, 'app.cjs'), reflect(asRequire) + load(asRequire) + body);
  for (const file of ['app.mjs', 'app.cjs']) inFolder(process.execPath, [file]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
