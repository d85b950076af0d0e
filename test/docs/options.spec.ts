import { optionPaths, type OptionRule, type OptionRules } from '../../lib/core/index.js';
import { HANDLER_RULES, RETRY_RULES } from '../../lib/handlers/index.js';
import { isTablePrefix } from '../../lib/inbox/index.js';
import { OPTION_RULES, STATIC_RULES } from '../../lib/module/armox-armalo.option-rules.js';
import { comparable, differences, differencesOfNames, type Claim } from './comparison.js';
import { codesIn, MarkdownFile } from './markdown.js';

const readme = new MarkdownFile('README.md');

/** How the README says that nothing is set, where it says more than "none". */
const UNSET: Readonly<Record<string, string>> = {
  'armox.webhookSecret': 'none: 401',
  'armalo.webhookSecret': 'none: 401',
  'armox.baseUrl': "the service's",
  'armalo.baseUrl': "the service's",
  'armox.orderingKey': 'Armox by job, Armalo unordered',
  'armalo.orderingKey': 'Armox by job, Armalo unordered',
  'armox.identify': '[see below](#events)',
  'armalo.identify': '[see below](#events)',
  migrationsRun: 'as your DataSource',
  release: 'version in package.json',
  'reconcile.timeZone': "the process's",
  'worker.transactions': 'pool − 2; SQLite 1',
  'worker.retention.dead': 'for ever',
  dataSource: 'the default one',
  'handler stale': 'run them all',
  'handler name': 'Class.method',
};

/** Groups that have a row of their own. */
const GROUPS: Readonly<Record<string, string>> = {
  reconcile: 'on, with an apiKey',
  worker: 'on',
  ops: 'none',
  'worker.retry': 'see above',
};

function defaultOf(path: string, { default: value }: OptionRule<unknown>): string {
  const unset = value === undefined || value === null || (Array.isArray(value) && !value.length);
  if (unset) return comparable(UNSET[path] ?? 'none');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Every option that the table has a row for; the parts of the retry policy stand in the text. */
function defaults(...rules: readonly OptionRules[]): Map<string, string> {
  const options = rules
    .flatMap((each) => optionPaths(each))
    .filter(([path]) => !path.startsWith('worker.retry.'));
  return new Map([
    ...options.map(([path, rule]) => [path, defaultOf(path, rule)] as const),
    ...Object.entries(GROUPS),
  ]);
}

/** `.cron` goes on from its neighbour `reconcile.interval`. */
function namesIn(cell: string): readonly string[] {
  const names: string[] = [];
  for (const name of codesIn(cell)) {
    const neighbour = names.at(-1)?.replace(/\.\w+$/, '') ?? '';
    names.push(name.startsWith('.') ? `${neighbour}${name}` : name);
  }
  return names;
}

/** One claim for each name of a row: they share what the cell says, or each has its part of it. */
function claimsOf(line: number, names: readonly string[], cell: string): readonly Claim[] {
  const parts = cell.split(', ');
  const shared = new Set(names.map((name) => name.split('.').at(-1))).size === 1;
  return names.map((name, index) => {
    const words = shared ? cell : (parts[index] ?? '');
    return { name, line, words, value: comparable(words) };
  });
}

describe('The README’s table of options', () => {
  const table = readme.table('option');

  /** The three periods of retention are named in the text of their row. */
  const claims = table.rows.flatMap(({ line, cells: [names = '', value = '', meaning = ''] }) => {
    const options = namesIn(names);
    if (options[0] !== 'worker.retention') return claimsOf(line, options, value);
    return claimsOf(
      line,
      codesIn(meaning).map((part) => `worker.retention.${part}`),
      value,
    );
  });

  it('has each option with its default, and no other', () => {
    expect(differences(table, claims, defaults(OPTION_RULES, STATIC_RULES))).toEqual([]);
  });

  it('marks those that are static', () => {
    const marks = table.rows.flatMap(({ line, cells: [cell = ''] }) => {
      const value = cell.includes('(static)') ? 'static' : 'not static';
      return namesIn(cell).map((name) => ({ name, line, words: value, value }));
    });
    const code = marks.map(
      ({ name }) => [name, Object.hasOwn(STATIC_RULES, name) ? 'static' : 'not static'] as const,
    );
    expect(differences(table, marks, new Map(code))).toEqual([]);
  });

  it('says how long a table prefix may be', () => {
    const { where, groups } = readme.passage(/`tablePrefix`.*?at most (?<longest>\d+) characters/);
    const longest = Number(groups['longest']);
    const fits = [longest, longest + 1].map((length) => isTablePrefix('a'.repeat(length)));
    expect([where, ...fits]).toEqual([where, true, false]);
  });
});

describe('The README’s table of handler options', () => {
  const table = readme.table('handler option');

  it('has each one with its default, and no other', () => {
    const { retry: _module, ...own } = HANDLER_RULES;
    const code = Object.entries(own).map(
      ([name, rule]) => [name, defaultOf(`handler ${name}`, rule)] as const,
    );
    const claims = table.rows.flatMap(({ line, cells: [names = '', value = ''] }) =>
      claimsOf(line, namesIn(names), value),
    );
    expect(differences(table, claims, new Map([...code, ['retry', 'the modules']]))).toEqual([]);
  });

  it('names each part of the retry policy', () => {
    const passage = readme.passage(/parts of the retry policy: (?<parts>[^|]*)/);
    const parts = codesIn(passage.groups['parts'] ?? '');
    expect(differencesOfNames(passage, parts, Object.keys(RETRY_RULES))).toEqual([]);
  });
});

it('The README’s sentence about retries says the defaults of the policy', () => {
  const sentence = readme.passage(
    /try again after (?<delay>\d+ \w+) × (?<factor>\d+)ⁿ, at most (?<maxDelay>\d+) hours, ± (?<jitter>\d+) %, (?<attempts>\d+) attempts/,
  );
  const { delay = '', factor = '', maxDelay, jitter, attempts = '' } = sentence.groups;
  const said = {
    ...{ attempts, factor, delay: comparable(delay) },
    ...{ maxDelay: comparable(`${maxDelay} h`), jitter: String(Number(jitter) / 100) },
  };
  const claims = Object.entries(said).map(([name, value]) => ({
    ...{ name, value, words: value, line: sentence.line },
  }));
  const code = optionPaths(RETRY_RULES).map(
    ([name, rule]) => [name, defaultOf(name, rule)] as const,
  );
  expect(differences(sentence, claims, new Map(code))).toEqual([]);
});

describe('The README’s table of bounds', () => {
  const table = readme.table('value');
  const written = (rule: OptionRule<unknown>) => `${rule.bounds?.min} to ${rule.bounds?.max}`;

  /** Both services have one body limit, the periods of retention one rule, handlers and worker one policy. */
  const inTable = (path: string) =>
    path
      .replace(/^(armox|armalo)\.(?=bodyLimit)/, '')
      .replace(/^worker\.(?=retry\.)/, '')
      .replace(/^(worker\.retention)\..*/, '$1');

  function bounds(): Map<string, string> {
    const code = new Map<string, string>();
    for (const [path, rule] of optionPaths(OPTION_RULES)) {
      if (!rule.bounds) continue;
      const known = code.get(inTable(path));
      if (known !== undefined) expect([path, written(rule)]).toEqual([path, known]);
      code.set(inTable(path), written(rule));
    }
    return code.set('handler timeout', written(HANDLER_RULES.timeout));
  }

  function names(cell: string): readonly string[] {
    const [group = '', parts] = cell.replace(/ \(.*\)/, '').split(': ');
    if (parts !== undefined) {
      return codesIn(parts).map((part) => `${group.replaceAll('`', '')}.${part}`);
    }
    return cell.startsWith('handler ') ? [cell.replaceAll('`', '')] : codesIn(group);
  }

  /** Where an option ends at another one, or at the application's pool, the rule has the last number. */
  function end(cell: string): string {
    const option = optionPaths(OPTION_RULES).find(([path]) => cell === `\`${path}\``);
    if (option) return String(option[1].bounds?.max);
    return comparable(cell.replace(/^your pool; SQLite /, ''));
  }

  it('has each number’s, and no other', () => {
    const claims = table.rows.flatMap(({ line, cells: [cell = '', from = '', to = ''] }) => {
      const options = names(cell);
      const many = cell.includes(': ');
      const lowest = many ? from.split(', ') : options.map(() => from);
      const highest = many ? to.split(', ') : options.map(() => to);
      return options.map((name, index) => {
        const [low = '', high = ''] = [lowest[index], highest[index]];
        const value = `${comparable(low)} to ${end(high)}`;
        return { name, line, words: `${low} to ${high}`, value };
      });
    });
    expect(differences(table, claims, bounds())).toEqual([]);
  });
});
