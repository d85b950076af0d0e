import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { printJson } from '../../lib/ops/events/json.printer.js';

describe('A payload that is printed', () => {
  it('is indented as JSON.stringify does it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(printJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it('keeps big integers, the order of keys, repeated keys and escapes as they came', () => {
    const text = '{"b":12345678901234567890,"2":1,"1":1.10,"b":"\\u00e9\\"{","a":[]}';
    expect(printJson(text)).toBe(
      '{\n  "b": 12345678901234567890,\n  "2": 1,\n  "1": 1.10,\n  "b": "\\u00e9\\"{",\n  "a": []\n}',
    );
  });

  it('shows dots for masked fields, whatever they hold and wherever they stand', () => {
    const text = '{"card":{"number":["1",2]},"x":[{"card":"s","y":1},{"card":3}],"z":null}';
    const printed = printJson(text, new Set(['card']));
    expect(JSON.parse(printed)).toEqual({
      card: '•••',
      x: [{ card: '•••', y: 1 }, { card: '•••' }],
      z: null,
    });
  });

  it('masks a key that hides behind escapes, and no value that is called like one', () => {
    const printed = printJson('{"c\\u0061rd":"s","x":"card"}', new Set(['card']));
    expect(Object.values(JSON.parse(printed) as object)).toEqual(['•••', 'card']);
  });

  it('stands deep nesting', () => {
    const text = '['.repeat(50_000) + ']'.repeat(50_000);
    expect(printJson(text).replaceAll(/\s/g, '')).toBe(text);
  });
});
