/**
 * A statement with its values beside it: `.text` for PostgreSQL (`$1`), `.sql` for the others (`?`).
 *
 * The package sql-template-tag does the same; it is an ES module only, which an application's
 * CommonJS tests under Jest cannot load below Node 24.9. And here a text is put together once, however often
 * its statement is made.
 */
export class Sql {
  constructor(
    private readonly shape: Shape,
    readonly values: readonly unknown[],
    /** Whether a server may keep it parsed. */
    readonly isPrepared = false,
  ) {}

  get text(): string {
    return this.shape.numbered;
  }

  /** The same, to be kept parsed. */
  prepared(): Sql {
    return new Sql(this.shape, this.values, true);
  }

  /** With each value as `literal` writes it, for what takes no parameters. */
  textWith(literal: (value: unknown) => string): string {
    return this.shape.texts.reduce(
      (before, text, index) => `${before}${literal(this.values[index - 1])}${text}`,
    );
  }

  get sql(): string {
    return this.shape.marked;
  }
}

/** What is the same of all statements with this text. */
class Shape {
  private readonly made: { numbered?: string; marked?: string } = {};

  /** @param texts before, between and after the values */
  constructor(readonly texts: readonly string[]) {}

  get numbered(): string {
    return (this.made.numbered ??= this.texts.reduce(
      (before, text, index) => `${before}$${index}${text}`,
    ));
  }

  get marked(): string {
    return (this.made.marked ??= this.texts.join('?'));
  }
}

/** What a template and its first parts have come to so far, by what may come next: a value or a nested statement. */
class Place {
  shape: Shape | undefined;
  private value: Place | undefined;
  private readonly nested = new WeakMap<Shape, Place>();

  after(part: Shape | undefined): Place {
    if (!part) return (this.value ??= new Place());
    let next = this.nested.get(part);
    if (!next) this.nested.set(part, (next = new Place()));
    return next;
  }
}

/** By the template's place in the code, which is told by the identity of its texts. */
const templates = new WeakMap<readonly string[], Place>();

/** Values become placeholders; a nested `Sql` becomes part of the text. */
export function sql(texts: readonly string[], ...parts: readonly unknown[]): Sql {
  let place = templates.get(texts);
  if (!place) templates.set(texts, (place = new Place()));
  for (const part of parts) place = place.after(part instanceof Sql ? part['shape'] : undefined);
  place.shape ??= shapeOf(texts, parts);
  return new Sql(place.shape, valuesOf(parts));
}

function valuesOf(parts: readonly unknown[]): readonly unknown[] {
  const values: unknown[] = [];
  for (const part of parts) {
    if (part instanceof Sql) values.push(...part.values);
    else values.push(part);
  }
  return values;
}

function shapeOf(texts: readonly string[], parts: readonly unknown[]): Shape {
  const all = [texts[0] ?? ''];
  parts.forEach((part, index) => {
    const following = texts[index + 1] ?? '';
    if (part instanceof Sql) {
      const [first = '', ...others] = part['shape'].texts;
      all[all.length - 1] += first;
      all.push(...others);
      all[all.length - 1] += following;
    } else {
      all.push(following);
    }
  });
  return new Shape(all);
}

/** Names of tables and columns, and what else stands in the code; a few hundred. */
const MOST_KNOWN = 1_000;
const known = new Map<string, Sql>();

/** Text that goes in as it is: names of tables, never anything from outside. */
export function raw(text: string): Sql {
  let found = known.get(text);
  if (!found) {
    found = new Sql(new Shape([text]), []);
    if (known.size < MOST_KNOWN) known.set(text, found);
  }
  return found;
}

export const empty = raw('');

/** The parts (or values) with `separator` between them; there must be at least one. */
export function join(parts: readonly unknown[], separator = ', '): Sql {
  const [only] = parts;
  if (parts.length === 1 && only instanceof Sql) return only;
  const texts = ['', ...new Array<string>(parts.length - 1).fill(separator), ''];
  return new Sql(shapeOf(texts, parts), valuesOf(parts));
}
