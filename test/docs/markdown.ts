import { readFileSync } from 'node:fs';

/** A row of a table and the line that it stands on. */
export interface TableRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A part of a document, with where it begins as messages name it. */
export interface Place {
  readonly where: string;
  readonly file: string;
}

export interface Table extends Place {
  readonly rows: readonly TableRow[];
}

/** Running text that was found. */
export interface Passage extends Place {
  readonly line: number;
  readonly text: string;
  readonly groups: Readonly<Record<string, string>>;
}

/** A Markdown file of the repository, by its path from the root. */
export class MarkdownFile {
  readonly text: string;
  private readonly lines: readonly string[];

  constructor(readonly path: string) {
    this.text = readFileSync(path, 'utf8');
    this.lines = this.text.split('\n');
  }

  /** The table whose first column is headed so. */
  table(heading: string): Table {
    const [table] = this.tables(heading);
    if (!table) throw new Error(`${this.path} has no table with a first column "${heading}".`);
    return table;
  }

  tables(heading: string): readonly Table[] {
    return this.lines.flatMap((line, head) => {
      if (cellsOf(line)[0] !== heading) return [];
      const end = this.lines.findIndex((other, at) => at > head && !other.startsWith('|'));
      const rows = this.lines.slice(head + 2, end < 0 ? undefined : end);
      const where = `${this.path}:${head + 1}, table "${heading}"`;
      const cells = rows.map((row, at) => ({ line: head + 3 + at, cells: cellsOf(row) }));
      return [{ where, file: this.path, rows: cells }];
    });
  }

  /** Text that may run over several lines: a space in the pattern is any white space. */
  passages(pattern: RegExp): readonly Passage[] {
    const spaced = new RegExp(pattern.source.replaceAll(' ', '\\s+'), 'gs');
    return [...this.text.matchAll(spaced)].map(({ 0: text, index, groups = {} }) => {
      const line = this.text.slice(0, index).split('\n').length;
      return { where: `${this.path}:${line}`, file: this.path, line, text, groups };
    });
  }

  passage(pattern: RegExp): Passage {
    const [passage] = this.passages(pattern);
    if (!passage) throw new Error(`${this.path} does not say ${pattern.source}.`);
    return passage;
  }

  /** What links to headings end in, made as GitHub does. */
  anchors(): ReadonlySet<string> {
    const seen = new Map<string, number>();
    const outside = this.text.replaceAll(/^```.*?^```$/gms, '');
    const anchors = [...outside.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
      const anchor = anchorOf(title);
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    });
    return new Set(anchors);
  }

  /** Targets of its links, with the lines that they stand on. */
  links(): readonly { readonly line: number; readonly target: string }[] {
    return this.lines.flatMap((text, index) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
        line: index + 1,
        target,
      })),
    );
  }
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith('|')) return [];
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What stands between backticks. */
export const codesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
