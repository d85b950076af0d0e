import type { Passage, Place } from './markdown.js';

/** What a document says of a name, in the document's words and as it compares. */
export interface Claim {
  readonly name: string;
  readonly line: number;
  readonly words: string;
  readonly value: string;
}

/** One sentence for each point in which a document and the code differ, in both directions. */
export function differences(
  { where, file }: Place,
  claims: readonly Claim[],
  code: ReadonlyMap<string, string>,
): readonly string[] {
  const listed = new Set<string>();
  const wrong = claims.flatMap(({ name, line, words, value }) => {
    const place = `${file}:${line}: \`${name}\``;
    if (listed.has(name)) return [`${place} stands there twice.`];
    listed.add(name);
    const actual = code.get(name);
    if (actual === undefined) return [`${place} is not in the code.`];
    return actual === value ? [] : [`${place} is "${words}" there and ${actual} in the code.`];
  });
  const missing = [...code.keys()].filter((name) => !listed.has(name));
  return [
    ...wrong,
    ...missing.map((name) => `${where}: \`${name}\` is missing (${code.get(name)} in the code).`),
  ];
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  years: 365 * 86_400_000,
  KiB: 1_024,
  MiB: 1_048_576,
};

/** `30 s` and `30,000` as the numbers that options are; anything else as its bare words. */
export function comparable(words: string): string {
  const bare = words.replaceAll(/[`']/g, '');
  const [, digits = '', unit] = /^(\d[\d,]*(?:\.\d+)?)(?: (\w+))?$/.exec(bare) ?? [];
  const factor = unit === undefined ? 1 : UNITS[unit];
  if (digits === '' || factor === undefined) return bare;
  return String(Number(digits.replaceAll(',', '')) * factor);
}

/** Where names alone are compared, every one is said to be there. */
const THERE = 'there';

export const namesOnly = (claims: readonly Claim[]): readonly Claim[] =>
  claims.map((claim) => ({ ...claim, value: THERE }));

export const named = (names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [name, THERE]));

/** The names that a passage lists are to be these. */
export function differencesOfNames(
  passage: Passage,
  listed: readonly string[],
  names: readonly string[],
): readonly string[] {
  const claims = listed.map((name) => ({ name, line: passage.line, words: name, value: THERE }));
  return differences(passage, claims, named(names));
}
