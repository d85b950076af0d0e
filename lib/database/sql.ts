/**
 * A statement with its values beside it: `.text` for PostgreSQL (`$1`), `.sql` for the others (`?`).
 *
 * The package sql-template-tag does the same; it is an ES module only, which an application's
 * CommonJS tests under Jest cannot load below Node 24.9.
 */
export class Sql {
  private numbered: string | undefined;

  constructor(
    private readonly texts: readonly string[],
    readonly values: readonly unknown[],
    /** Whether a server may keep it parsed. */
    readonly isPrepared = false,
  ) {}

  get text(): string {
    this.numbered ??= this.texts.reduce((before, text, index) => `${before}$${index}${text}`);
    return this.numbered;
  }

  /** The same, to be kept parsed. */
  prepared(): Sql {
    return new Sql(this.texts, this.values, true);
  }

  /** With each value as `literal` writes it, for what takes no parameters. */
  textWith(literal: (value: unknown) => string): string {
    return this.texts.reduce(
      (before, text, index) => `${before}${literal(this.values[index - 1])}${text}`,
    );
  }

  get sql(): string {
    return this.texts.join('?');
  }
}

/** Values become placeholders; a nested `Sql` becomes part of the text. */
export function sql(texts: readonly string[], ...values: readonly unknown[]): Sql {
  const allTexts = [texts[0] ?? ''];
  const allValues: unknown[] = [];
  values.forEach((value, index) => {
    const following = texts[index + 1] ?? '';
    if (value instanceof Sql) {
      const [first = '', ...others] = value['texts'];
      allTexts[allTexts.length - 1] += first;
      allTexts.push(...others);
      allValues.push(...value.values);
      allTexts[allTexts.length - 1] += following;
    } else {
      allTexts.push(following);
      allValues.push(value);
    }
  });
  return new Sql(allTexts, allValues);
}

/** Text that goes in as it is: names of tables, never anything from outside. */
export const raw = (text: string): Sql => new Sql([text], []);

export const empty = raw('');

/** The parts (or values) with `separator` between them; there must be at least one. */
export function join(parts: readonly unknown[], separator = ', '): Sql {
  return sql(['', ...new Array<string>(parts.length - 1).fill(separator), ''], ...parts);
}
