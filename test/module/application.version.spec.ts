import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { applicationVersion } from '../../lib/module/application.version.js';

describe('The version of the application', () => {
  let folder: string;

  const manifest = async (path: string, content: object | string) => {
    await mkdir(join(folder, path), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, path, 'package.json'), text);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'version-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is that of the nearest package.json above its entry file, wherever it was started', async () => {
    await manifest('app', { version: '1.4.2' });
    await manifest('elsewhere', { version: '9.9.9' });
    const entry = join(folder, 'app', 'dist', 'main.js');
    expect(applicationVersion(entry, join(folder, 'elsewhere'))).toBe('1.4.2');
  });

  it('is not looked for in a package.json that only says what kind of modules are beside it', async () => {
    await manifest('app', { version: '1.4.2' });
    await manifest('app/dist', { type: 'commonjs' });
    expect(applicationVersion(join(folder, 'app', 'dist', 'main.js'), folder)).toBe('1.4.2');
  });

  it('is not that of a tool which runs it', async () => {
    await manifest('app', { version: '1.4.2' });
    await manifest('app/node_modules/tool', { version: '30.0.0' });
    const entry = join(folder, 'app', 'node_modules', 'tool', 'bin.js');
    expect(applicationVersion(entry, join(folder, 'app'))).toBe('1.4.2');
  });

  it('is not known where no package.json tells it', async () => {
    await manifest('app', '{ "version": ');
    expect(applicationVersion(join(folder, 'app', 'main.js'), folder)).toBeNull();
  });
});
