import { pathToRegexp } from 'path-to-regexp';

/** How the router compares paths. */
export interface PathMatching {
  readonly caseSensitive: boolean;
  /** Whether `/a/` is another path than `/a`. */
  readonly strict: boolean;
}

/** A regular expression for the paths that Express, behind Nest, routes to a pattern. */
export function compilePattern(pattern: string, { caseSensitive, strict }: PathMatching): RegExp {
  return pathToRegexp(named(pattern), { sensitive: caseSensitive, trailing: !strict }).regexp;
}

/** Nest gives the wildcards of path-to-regexp 6 names, without which 8 refuses them. */
const named = (pattern: string): string =>
  pattern
    .replace(/(?<=\/)(?:\(\.\*\)|\*)\/?$/, '{*path}')
    .replace(/(?<=\/)\+\/?$/, '*path')
    .replaceAll(/(?<=\/)\*(?=\/)/g, '*path');

/** Two patterns with the same shape match the same paths: parameters may have other names. */
export const shapeOf = (pattern: string): string =>
  pattern.replace(/([:*])[\p{ID_Continue}$]+/gu, '$1').toLowerCase();
