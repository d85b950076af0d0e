import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lineDiff } from '../../../lib/ops/page/text/line.diff.js';

const shown = (before: readonly string[], after: readonly string[]): string =>
  lineDiff(before.join('\n'), after.join('\n'))
    .map(({ kind, text }) => ({ same: ' ', removed: '-', added: '+' })[kind] + text)
    .join(',');

describe('The difference of two texts', () => {
  it('tells the lines that only one of them has', () => {
    expect(shown(['a', 'b', 'c'], ['a', 'x', 'c'])).toBe(' a,-b,+x, c');
    expect(shown(['a', 'b'], ['a', 'b'])).toBe(' a, b');
    expect(shown(['a', 'c'], ['a', 'b', 'c', 'd'])).toBe(' a,+b, c,+d');
    expect(shown(['a', 'a'], ['a'])).toBe(' a,-a');
  });

  it('has both texts in it, whatever they are', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = lineDiff(before.join('\n'), after.join('\n'));
        const without = (kind: string): readonly string[] =>
          diff.filter((line) => line.kind !== kind).map(({ text }) => text);
        expect(without('added')).toEqual(before);
        expect(without('removed')).toEqual(after);
      }),
    );
  });
});
