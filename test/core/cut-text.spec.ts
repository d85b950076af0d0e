import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutText } from '../../lib/core/index.js';

describe('a text that is cut', () => {
  it('stays as it is while it has room', () => {
    expect(cutText('', 3)).toBe('');
    expect(cutText('abcde', 5)).toBe('abcde');
    expect(cutText('aé', 3)).toBe('aé');
  });

  it('ends in an ellipsis that counts too', () => {
    expect(cutText('abcdef', 5)).toBe('ab…');
    expect(cutText('abcd', 3)).toBe('…');
  });

  it('is cut between two characters, of however many bytes and units', () => {
    expect(cutText('aéééé', 7)).toBe('aé…');
    expect(cutText('aéééé', 6)).toBe('aé…');
    expect(cutText('a😀😀😀', 8)).toBe('a😀…');
    expect(cutText('a😀😀😀', 7)).toBe('a…');
  });

  it('never has more bytes than it may, nor half a character', () => {
    const texts = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 3, max: 80 }), (text, bytes) => {
        const cut = cutText(text, bytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        if (cut === text) return;
        expect(text.startsWith(cut.slice(0, -1))).toBe(true);
        expect(Buffer.from(cut).toString()).toBe(cut);
      }),
    );
  });
});
