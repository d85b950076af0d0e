// Two plain tsc runs make the ES module and the CommonJS build, a third one the sample app, which
// imports the library by its package name and so needs the first two.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
const run = (project) => execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });

for (const folder of ['dist', 'dist-sample']) rmSync(folder, { recursive: true, force: true });
run('tsconfig.build.json');
run('tsconfig.cjs.json');
writeFileSync(join('dist', 'cjs', 'package.json'), '{"type":"commonjs"}\n');
run('tsconfig.sample.json');
