// Installs the packed tarball into an empty project, as a user would, and receives one signed webhook
// with it: as an ES module and as CommonJS, with the newest and with the oldest peers.
import { execFile, execFileSync } from 'node:child_process';
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
    ...['common', 'core', 'platform-express', 'typeorm', 'schedule', 'terminus'].map((name) =>
      newest(`@nestjs/${name}`),
    ),
    newest('typeorm'),
    newest('class-validator'),
  ],
  oldest: [
    ...common,
    ...['common', 'core', 'platform-express', 'typeorm', 'terminus'].map(
      (name) => `@nestjs/${name}@11`,
    ),
    '@nestjs/schedule@6',
    'typeorm@0.3.20',
    'class-validator@0.14',
  ],
};

const bin = (name) => join('node_modules', '.bin', name);
const run = (command, args) => execFileSync(command, args, { stdio: 'inherit' });

const folder = mkdtempSync(join(tmpdir(), 'armox-armalo-smoke-'));
try {
  const tarball = pack();
  run(bin('publint'), ['run', tarball, '--strict']);
  run(bin('attw'), [tarball]);
  // Side by side: what takes the time is the network.
  const uses = await Promise.allSettled(
    Object.entries(peers).map(([age, packages]) => useAsInstalled(age, [tarball, ...packages])),
  );
  for (const { reason, value } of uses) console.log(value ?? reason.message);
  if (uses.some(({ status }) => status === 'rejected')) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    encoding: 'utf8',
  });
  return join(folder, JSON.parse(output)[0].filename);
}

/** @returns what was said while the package was installed and used */
async function useAsInstalled(age, packages) {
  const project = mkdtempSync(join(folder, `${age}-`));
  const heard = [`With the ${age} peers:`];
  const inProject = async (command, args) => {
    const { error, said } = await outcomeOf(command, args, project);
    heard.push(said);
    if (error) throw new Error(heard.join('\n'), { cause: error });
  };
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  await inProject('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages]);
  const apps = {
    'app.mjs': app((name) => `await import('${name}')`),
    'app.cjs': app((name) => `require('${name}')`),
  };
  for (const [file, code] of Object.entries(apps)) {
    writeFileSync(join(project, file), code);
    await inProject(process.execPath, [file]);
  }
  return heard.join('\n');
}

function outcomeOf(command, args, cwd) {
  return new Promise((resolve) => {
    execFile(command, args, { cwd }, (error, stdout, stderr) =>
      resolve({ error, said: `${stdout}${stderr}`.trim() }),
    );
  });
}

/** The same body for both formats, behind lines that load what it uses. */
function app(load) {
  const names = [
    'nestjs-armox-armalo',
    'nestjs-armox-armalo/testing',
    'nestjs-armox-armalo/terminus',
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/typeorm',
    '@nestjs/terminus',
    '@photostructure/sqlite',
  ];
  const lines = names.map((name) => `packages['${name}'] = ${load(name)};`);
  const body = readFileSync(join('scripts', 'smoke-app.js'), 'utf8');
  return [`${load('reflect-metadata')};`, 'const packages = {};', ...lines, body].join('\n');
}
