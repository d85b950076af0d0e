// tsc compiles the library once. rollup then puts it into a few files for each kind of module, because an
// application that starts had to find, read and link some 370 of them. The declarations stay as they
// are: they are read by editors. Last comes the sample app, which imports the library by its package name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { createGenerator } from 'ts-json-schema-generator';
import { buildPage } from './build-page.mjs';

const COMPILED = join('dist', 'compiled');
const ENTRY_POINTS = [
  'index',
  join('source', 'index'),
  join('testing', 'index'),
  join('terminus', 'index'),
  join('opentelemetry', 'index'),
];

async function compile(project) {
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exit(code ?? 1);
}

async function bundle() {
  const bundled = await rollup({
    input: Object.fromEntries(ENTRY_POINTS.map((name) => [name, join(COMPILED, `${name}.js`)])),
    external: /^[^./]/,
    // Decorators are what nothing refers to and everything needs.
    treeshake: false,
    onLog(level, log, handle) {
      // The helpers of tsc ask for `this`, and do without.
      if (log.code !== 'THIS_IS_UNDEFINED') handle(level === 'warn' ? 'error' : level, log);
    },
  });
  for (const format of ['esm', 'cjs']) {
    const dir = join('dist', format);
    const { output } = await bundled.write({
      dir,
      format,
      interop: 'auto',
      chunkFileNames: 'shared/[name].js',
    });
    for (const { fileName, code } of output) refuseRenamed(fileName, code);
    cpSync(COMPILED, dir, {
      recursive: true,
      filter: (path) => !path.endsWith('.js'),
    });
  }
  writeFileSync(join('dist', 'cjs', 'package.json'), '{"type":"commonjs"}\n');
  rmSync(COMPILED, { recursive: true });
}

/** rollup renames what has a name twice; but Nest's messages name classes, and our users see them. */
function refuseRenamed(fileName, code) {
  const [, name] = /\bclass (\w+\$\d+)/.exec(code) ?? [];
  if (name)
    throw new Error(`${fileName}: ${name} is a second class of that name; call it otherwise.`);
}

/** What the operations API answers is described for programs from the types that describe it for us. */
function writeApiSchemas() {
  const { definitions } = createGenerator({
    path: join('lib', 'ops', 'api.types.ts'),
    tsconfig: 'tsconfig.json',
    type: '*',
    skipTypeCheck: true,
  }).createSchema('*');
  const text = JSON.stringify(definitions).replaceAll('#/definitions/', '#/components/schemas/');
  writeFileSync(join('dist', 'page', 'api.schemas.json'), text);
}

for (const folder of ['dist', 'dist-sample']) rmSync(folder, { recursive: true, force: true });
await compile('tsconfig.build.json');
await bundle();
await buildPage();
writeApiSchemas();
await compile('tsconfig.sample.json');
