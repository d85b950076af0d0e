/** Whether a handler of `pattern` (a name, a family such as `'escrow.*'`, or `'*'`) wants `name`. */
export function patternMatches(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true;
  return pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -1));
}
