import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { isObject } from '../core/index.js';

/**
 * Version of the application that runs: of the nearest package.json with one above its entry file, or above the
 * working directory where a tool in `node_modules` is the entry. Null where there is none, as in some bundles.
 */
export function applicationVersion(
  entry: string | undefined = process.argv[1],
  workingDirectory: string = process.cwd(),
): string | null {
  const isTool = entry === undefined || entry.split(sep).includes('node_modules');
  for (let folder = isTool ? workingDirectory : dirname(entry); ; folder = dirname(folder)) {
    const version = versionIn(folder);
    if (version !== undefined) return version;
    if (dirname(folder) === folder) return null;
  }
}

/** Undefined also where the file only says what kind of modules are beside it. */
function versionIn(folder: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const version: unknown = isObject(manifest) ? Reflect.get(manifest, 'version') : undefined;
    return typeof version === 'string' && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}
