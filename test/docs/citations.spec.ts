import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ARMALO_EVENT_NAMES, ARMOX_EVENT_NAMES } from '../../lib/index.js';
import { codesIn, MarkdownFile } from './markdown.js';

const inFolder = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => join(folder, name));

const DOCUMENTS = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...inFolder('docs', '.md'),
].map((path) => new MarkdownFile(path));

const SOURCES = ['lib', 'test', 'bench', 'sample-app', 'scripts'].flatMap((folder) =>
  ['.ts', '.mjs', '.js'].flatMap((ending) => inFolder(folder, ending)),
);

/** Whether a document, and the heading that is named in it, is there. */
function exists(path: string, anchor: string | undefined): boolean {
  if (anchor === undefined) return existsSync(path);
  const document = DOCUMENTS.find((each) => each.path === path);
  return document?.anchors().has(anchor) ?? false;
}

interface Citation {
  readonly where: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Every `name.md` or `docs/name.md#heading` that a file speaks of; the target of a link is looked at below. */
function citationsIn(file: string): readonly Citation[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      [
        ...line
          .replaceAll(/\]\([^)]*\)/g, ']')
          .matchAll(/(?<![\w/.:-])((?:[\w-]+\/)*[\w-]+\.md)\b(?:#([\w-]+))?/g),
      ].map(([, path = '', anchor]) => ({ where: `${file}:${index + 1}`, path, anchor })),
    );
}

const written = ({ where, path, anchor }: Citation) =>
  `${where} cites ${path}${anchor === undefined ? '' : `#${anchor}`}`;

// What tests say of documents that are not there is theirs.
const OWN = 'test/docs/citations.spec.ts';

it('No file cites a document or a heading that is not there', () => {
  const files = [...SOURCES.filter((file) => file !== OWN), ...DOCUMENTS.map(({ path }) => path)];
  const dangling = files
    .flatMap(citationsIn)
    .filter(({ path, anchor }) => !exists(path, anchor))
    .map(written);
  expect(dangling).toEqual([]);
});

describe('Comments of the library', () => {
  const library = inFolder('lib', '.ts');

  it('cite a section of docs/, and nothing else', () => {
    const others = library
      .flatMap(citationsIn)
      .filter(({ path, anchor }) => !path.startsWith('docs/') || anchor === undefined)
      .map(written);
    expect(others).toEqual([]);
  });

  it('send nobody to a page or a file outside of the repository', () => {
    const outside = library.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const comment = /(?:^\s*(?:\/?\*|\/\/)|\s\/\/ )(.*)$/.exec(line)?.[1] ?? '';
          const abroad =
            /https?:\/\/(?![\w.-]*example\.com)\w|\/(?:\w*work\w*|tmp|home|root|usr|opt|srv|mnt)\/|contract section/i;
          return abroad.test(comment) ? [`${file}:${index + 1} ${comment.trim()}`] : [];
        }),
    );
    expect(outside).toEqual([]);
  });
});

describe('Links of the documents', () => {
  const relative = DOCUMENTS.flatMap((document) =>
    document
      .links()
      .filter(({ target }) => !/^[a-z]+:/.test(target))
      .map(({ line, target }) => {
        const [path = '', anchor] = target.split('#');
        const to = path === '' ? document.path : normalize(join(dirname(document.path), path));
        return { where: `${document.path}:${line}`, from: document.path, target, to, anchor };
      }),
  );

  it('lead to a file and a heading that are there', () => {
    const dead = relative
      .filter(({ to, anchor }) => !exists(to, anchor))
      .map(({ where, target }) => `${where} links to ${target}`);
    expect(dead).toEqual([]);
  });

  it('lead, from what is published, to what is published', () => {
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
    // npm adds these by itself.
    const published = [...files, 'README.md', 'LICENSE', 'package.json'];
    const isPublished = (path: string) => published.includes(path.split('/')[0] ?? '');
    const dead = relative
      .filter(({ from, to }) => isPublished(from) && !isPublished(to))
      .map(({ where, target }) => `${where} links to ${target}`);
    expect(dead).toEqual([]);
    expect(DOCUMENTS.filter(({ path }) => isPublished(path)).length).toBeGreaterThan(3);
  });
});

describe('docs/contract.md', () => {
  const contract = new MarkdownFile('docs/contract.md');
  const eventsIn = (heading: string) =>
    contract.table(heading).rows.flatMap(({ cells }) => codesIn(cells[0] ?? ''));

  it('has every event of both services', () => {
    expect([...eventsIn('Armox event')].sort()).toEqual([...ARMOX_EVENT_NAMES].sort());
    expect([...eventsIn('Armalo event')].sort()).toEqual([...ARMALO_EVENT_NAMES].sort());
  });

  it('marks every fact as documented, inferred or unknown', () => {
    const facts = ['fact', 'Armox event', 'Armalo event'].flatMap((head) => contract.tables(head));
    const unmarked = facts
      .flatMap(({ rows }) => rows)
      .filter(({ cells }) => !/documented|inferred|unknown/.test(cells.at(-1) ?? ''))
      .map(({ line, cells }) => `docs/contract.md:${line} ${cells[0]}`);
    expect(unmarked).toEqual([]);
    expect(facts.length).toBeGreaterThan(8);
  });
});
