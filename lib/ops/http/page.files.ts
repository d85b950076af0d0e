import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { ArmoxArmaloConfigurationError } from '../../core/index.js';

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  /** Whether its name changes with its content. */
  readonly immutable: boolean;
}

export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/**
 * The built page, by path: a few files, read once, so that a path from outside never names a file.
 * @throws ArmoxArmaloConfigurationError where they are not there
 */
export async function readPageFiles(folder = pageFolder()): Promise<PageFiles> {
  const files = new Map<string, PageFile>();
  try {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).split(sep).join('/');
      const immutable = path !== 'index.html';
      files.set(path, { type, content: await readFile(file), immutable });
    }
    if (files.has('index.html')) return files;
  } catch (error) {
    throw withoutPage(error);
  }
  throw withoutPage(undefined);
}

/** JSON schemas of what the API answers and takes, by name. */
export function apiSchemas(files: PageFiles): Readonly<Record<string, unknown>> {
  const text = files.get('api.schemas.json')?.content.toString('utf8') ?? '{}';
  return JSON.parse(text) as Record<string, unknown>;
}

/** Found by the package's own name: a bundler of the application may have moved the code, not the page. */
const pageFolder = (): string => join(dirname(manifestPath()), 'dist', 'page');

/** Of the module. */
export const packageVersion = (): string =>
  (createRequire(import.meta.url)(manifestPath()) as { version: string }).version;

const manifestPath = (): string =>
  createRequire(import.meta.url).resolve('nestjs-armox-armalo/package.json');

const withoutPage = (cause: unknown): ArmoxArmaloConfigurationError =>
  new ArmoxArmaloConfigurationError(
    'ops',
    'the files of the operations page are not there. Where the application is bundled, keep the package ' +
      '`nestjs-armox-armalo` installed beside the bundle, or leave `ops` out.',
    { cause },
  );
