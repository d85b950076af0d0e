// Two plain tsc runs, at the same time, make the ES module and the CommonJS build; then a third one
// makes the sample app, which imports the library by its package name and so needs the first.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tsc = join('node_modules', 'typescript', 'bin', 'tsc');

async function compile(project) {
  const child = spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exit(code ?? 1);
}

for (const folder of ['dist', 'dist-sample']) rmSync(folder, { recursive: true, force: true });
await Promise.all([compile('tsconfig.build.json'), compile('tsconfig.cjs.json')]);
writeFileSync(join('dist', 'cjs', 'package.json'), '{"type":"commonjs"}\n');
await compile('tsconfig.sample.json');
