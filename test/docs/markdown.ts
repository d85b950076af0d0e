import { readFileSync } from 'node:fs';

/** A row of a table and the line that it stands on. */
export interface TableRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A table with where it begins, as messages name it. */
export interface Table {
  readonly where: string;
  readonly file: string;
  readonly rows: readonly TableRow[];
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
    const head = this.lines.findIndex((line) => cellsOf(line)[0] === heading);
    if (head < 0) throw new Error(`${this.path} has no table with a first column "${heading}".`);
    const end = this.lines.findIndex((line, at) => at > head && !line.startsWith('|'));
    const rows = this.lines.slice(head + 2, end < 0 ? undefined : end);
    return {
      where: `${this.path}:${head + 1}, table "${heading}"`,
      file: this.path,
      rows: rows.map((row, index) => ({ line: head + 3 + index, cells: cellsOf(row) })),
    };
  }

  /** From a heading to the next one of its rank or above. */
  section(heading: string): string {
    const found = new RegExp(`^(#+) ${heading}$`, 'm').exec(this.text);
    const [line = '', marks = ''] = found ?? [];
    if (!found) throw new Error(`${this.path} has no heading "${heading}".`);
    const rest = this.text.slice(found.index + line.length);
    return rest.split(new RegExp(`^#{1,${marks.length}} `, 'm'))[0] ?? '';
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
