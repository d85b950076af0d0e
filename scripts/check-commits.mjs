// Checks the first lines of commit messages against the rule of CONTRIBUTING.md, from the commit after
// COMMITS_SINCE (default: the first that the rule held for) to HEAD. Where the clone does not reach back
// that far, what is there is checked.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const TYPES = ['feat', 'fix', 'refactor', 'perf', 'docs', 'test', 'build', 'ci', 'chore', 'revert'];
/** Of a subject, which is what follows type and scope. */
const LONGEST = 100;
const RULED_SINCE = 'fd66f45c8746df4d7db7975fd48913197e680e92';

const HEADER = /^(?<type>[a-z]+)(\([a-z0-9-]+\))?!?: (?<subject>\S.*)$/;

/** What is wrong with a first line; undefined where nothing is. */
function problemOf(header) {
  const { type, subject } = HEADER.exec(header)?.groups ?? {};
  if (type === undefined) return 'is not "type(scope): subject"';
  if (!TYPES.includes(type)) return `has the type "${type}"; there are ${TYPES.join(', ')}`;
  if (subject.endsWith('.')) return 'ends with a full stop';
  if (subject.length > LONGEST)
    return `has a subject of ${subject.length} characters, of ${LONGEST}`;
  return undefined;
}

// The clone may belong to somebody else, as in a container; its messages are read and nothing is run.
const git = ['-c', 'safe.directory=*'];

function commitsSince(base) {
  const known =
    spawnSync('git', [...git, 'merge-base', '--is-ancestor', base, 'HEAD']).status === 0;
  const range = known ? [`${base}..HEAD`] : ['HEAD'];
  const log = ['log', '--no-merges', '--format=%h %s', ...range];
  return execFileSync('git', [...git, ...log], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

if (!existsSync('.git')) {
  console.log('No commit is checked: this is no Git clone.');
  process.exit(0);
}
const commits = commitsSince(process.env.COMMITS_SINCE || RULED_SINCE);
const problems = commits.flatMap((commit) => {
  const [, hash, header] = /^(\w+) (.*)$/.exec(commit) ?? [];
  const problem = problemOf(header);
  return problem ? [`${hash} "${header}" ${problem}.`] : [];
});
for (const problem of problems) console.error(problem);
console.log(`${commits.length} commits checked, ${problems.length} not as CONTRIBUTING.md says.`);
process.exit(problems.length === 0 ? 0 : 1);
