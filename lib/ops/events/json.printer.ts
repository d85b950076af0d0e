const INDENT = '  ';
/** What is deeper goes on in one line, so that a hostile payload does not become megabytes of spaces. */
const DEEPEST = 32;
const MASK = '"•••"';

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * JSON text with indentation. It goes token by token and never through a parser, so that big integers, the order of
 * keys and repeated keys stay as they came. What is no JSON comes back in its own way.
 * @param masked names of fields whose values are shown as dots
 */
export function printJson(text: string, masked: ReadonlySet<string> = new Set()): string {
  const printer = new JsonPrinter(masked);
  for (const [token] of text.matchAll(TOKENS)) printer.take(token);
  return printer.printed;
}

/** The texts, numbers and flags that `printJson` shows as dots. */
export function maskedValues(text: string, masked: ReadonlySet<string>): readonly string[] {
  const printer = new JsonPrinter(masked);
  for (const [token] of text.matchAll(TOKENS)) printer.take(token);
  return printer.left;
}

class JsonPrinter {
  printed = '';
  /** Values that are not printed. */
  readonly left: string[] = [];
  private depth = 0;
  /** Whether the container that has just begun is still empty. */
  private begun = false;
  /** Of each object or list around, whether it is an object. */
  private readonly objects: boolean[] = [];
  private expectsKey = false;
  /** The depth at which a masked value began. */
  private hidden: number | undefined;
  private key = '';

  constructor(private readonly masked: ReadonlySet<string>) {}

  take(token: string): void {
    if (token === '{' || token === '[') this.open(token);
    else if (token === '}' || token === ']') this.close(token);
    else if (token === ',') this.comma();
    else if (token === ':') this.colon();
    else this.value(token);
  }

  private open(token: string): void {
    this.newLineIfFirst();
    this.write(token);
    this.objects.push(token === '{');
    this.depth += 1;
    this.begun = true;
    this.expectsKey = token === '{';
  }

  private close(token: string): void {
    this.depth = Math.max(0, this.depth - 1);
    this.objects.pop();
    this.endHidden(this.depth < (this.hidden ?? -1));
    if (!this.begun) this.newLine();
    this.begun = false;
    this.write(token);
    this.expectsKey = false;
  }

  private comma(): void {
    this.endHidden(this.depth <= (this.hidden ?? -1));
    this.write(',');
    this.newLine();
    this.expectsKey = this.objects.at(-1) === true;
  }

  private colon(): void {
    this.write(': ');
    this.expectsKey = false;
    if (this.hidden !== undefined || !this.masked.has(this.key)) return;
    this.write(MASK);
    this.hidden = this.depth;
  }

  private value(token: string): void {
    this.newLineIfFirst();
    if (this.expectsKey) this.key = unquoted(token);
    else if (this.hidden !== undefined)
      this.left.push(token.startsWith('"') ? unquoted(token) : token);
    this.write(token);
  }

  private newLineIfFirst(): void {
    if (this.begun) this.newLine();
    this.begun = false;
  }

  private newLine(): void {
    if (this.depth <= DEEPEST) this.write(`\n${INDENT.repeat(this.depth)}`);
  }

  private endHidden(over: boolean): void {
    if (over) this.hidden = undefined;
  }

  private write(text: string): void {
    if (this.hidden === undefined) this.printed += text;
  }
}

function unquoted(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
