// Builds the operations page into dist/page. Everything is a file of the page's own, by relative URL: its
// Content-Security-Policy allows nothing else, and it may be mounted at any path.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const FOLDER = join('dist', 'page');
/** What a browser loads of the page, in all and compressed. */
const BUDGET_BYTES = 60 * 1024;
const LOADED = /\.(html|js|css|svg)$/;

export async function buildPage() {
  await build({
    configFile: false,
    root: join('lib', 'ops', 'page'),
    base: './',
    logLevel: 'warn',
    build: {
      outDir: join(process.cwd(), FOLDER),
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      // The licenses of what is bundled want to be told.
      license: { fileName: 'licenses.txt' },
    },
  });
  refuseLarge();
}

function refuseLarge() {
  const size = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => LOADED.test(name))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(FOLDER, name))).length, 0);
  console.log(`The operations page has ${size} bytes of ${BUDGET_BYTES}, compressed.`);
  if (size > BUDGET_BYTES) throw new Error('The operations page is larger than its budget.');
}

if (process.argv[1] === import.meta.filename) await buildPage();
