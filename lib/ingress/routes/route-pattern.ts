/** How the router compares paths. */
export interface PathMatching {
  readonly caseSensitive: boolean;
  /** Whether `/a/` is another path than `/a`. */
  readonly strict: boolean;
}

/** The syntax of path-to-regexp 8, which Express 5 and Nest use: `:name`, `*name`, `{optional}`, `\x`. */
const TOKEN =
  /\\(?<escaped>.)|(?<param>:[\p{ID_Continue}$]+)|(?<wildcard>\*[\p{ID_Continue}$]*)|(?<other>.)/gsu;

/** A regular expression for the paths that a route pattern matches. */
export function compilePattern(pattern: string, matching: PathMatching): RegExp {
  const source = [...pattern.matchAll(TOKEN)].map(({ groups }) => translate(groups ?? {})).join('');
  return new RegExp(`^${source}${matching.strict ? '' : '/?'}$`, matching.caseSensitive ? '' : 'i');
}

function translate(token: Partial<Record<string, string>>): string {
  if (token['param']) return '[^/]+?';
  if (token['wildcard']) return '.+?';
  if (token['other'] === '{') return '(?:';
  if (token['other'] === '}') return ')?';
  return (token['escaped'] ?? token['other'] ?? '').replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}

/** Two patterns with the same shape match the same paths: parameters may have other names. */
export const shapeOf = (pattern: string): string =>
  pattern.replace(/:[\p{ID_Continue}$]+/gu, ':').toLowerCase();
