import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SCRIPT = resolve('scripts/check-commits.mjs');
const AUTHOR = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'commits-'));
  git('init', '--quiet', '--initial-branch=main');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execFileSync('git', [...AUTHOR, ...args], { cwd: clone, encoding: 'utf8' }).trim();

function commit(...headers: string[]): void {
  for (const header of headers) git('commit', '--quiet', '--allow-empty', '--message', header);
}

function check(since = '') {
  const { COMMITS_SINCE: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], {
    cwd: clone,
    env: { ...env, COMMITS_SINCE: since },
    encoding: 'utf8',
  });
  return { status, said: `${stderr}${stdout}` };
}

it('takes every type that CONTRIBUTING.md names, with and without a scope', () => {
  const contributing = readFileSync('CONTRIBUTING.md', 'utf8');
  const [, list = ''] = /The types are (.*?)\./s.exec(contributing) ?? [];
  const types = [...list.matchAll(/`(\w+)`/g)].map(([, type = '']) => type);
  expect(types).toContain('feat');
  commit(
    ...types.flatMap((type) => [`${type}: why`, `${type}(inbox): why`]),
    `feat(api)!: ${'a'.repeat(100)}`,
  );
  expect(check()).toEqual({
    status: 0,
    said: `${types.length * 2 + 1} commits checked, 0 not as CONTRIBUTING.md says.\n`,
  });
});

it.each([
  ['Added a thing', 'is not "type(scope): subject".'],
  ['fix:no space', 'is not "type(scope): subject".'],
  ['fix(Inbox): a scope in capitals', 'is not "type(scope): subject".'],
  ['fixup! fix: a thing', 'is not "type(scope): subject".'],
  ['wip: a thing', 'has the type "wip"; there are feat, fix,'],
  ['fix: a thing.', 'ends with a full stop.'],
  [`fix(inbox): ${'a'.repeat(101)}`, 'has a subject of 101 characters, of 100.'],
])('refuses "%s"', (header, problem) => {
  commit(header);
  const { status, said } = check();
  expect(status).toBe(1);
  expect(said).toContain(`"${header}" ${problem}`);
});

it('leaves the history before the base alone, and everything but merges after it is checked', () => {
  commit('Before any rule');
  const base = git('rev-parse', 'HEAD');
  git('checkout', '--quiet', '-b', 'side');
  commit('docs: beside it');
  git('checkout', '--quiet', 'main');
  commit('fix: a thing');
  git('merge', '--quiet', '--no-ff', '--message', 'Merge side', 'side');
  expect(check(base)).toEqual({
    status: 0,
    said: '2 commits checked, 0 not as CONTRIBUTING.md says.\n',
  });
  expect(check().status).toBe(1);
});

it('checks what is there in a clone that does not reach back to the base', () => {
  commit('fix: a thing');
  expect(check('0'.repeat(40)).said).toBe('1 commits checked, 0 not as CONTRIBUTING.md says.\n');
});

it('has nothing to check outside of a clone', () => {
  rmSync(join(clone, '.git'), { recursive: true });
  expect(check()).toEqual({
    status: 0,
    said: 'No commit is checked: this is no Git clone.\n',
  });
});
