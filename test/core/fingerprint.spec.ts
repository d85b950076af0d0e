import { describe, expect, it } from '@jest/globals';
import { fingerprintOf } from '../../lib/core/index.js';

const same = (one: string, other: string) => fingerprintOf(one) === fingerprintOf(other);

describe("An error's fingerprint", () => {
  it('is 12 hexadecimal characters', () => {
    expect(fingerprintOf('Error: boom')).toMatch(/^[\da-f]{12}$/);
  });

  it.each([
    ['numbers', 'Error: row 17 is gone', 'Error: row 18 is gone'],
    ['ids', 'Error: no job job_1f3a', 'Error: no job job_99'],
    [
      'UUIDs',
      'Error: no 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      'Error: no 5a1b04e0-4f89-11d3-9a0c-0305e82c33ff',
    ],
    ['quoted values', 'Error: agent "ada" is unknown', 'Error: agent "bob, the 2nd" is unknown'],
    [
      'addresses',
      'Error: GET https://a.example/x?y=1 failed',
      'Error: GET https://b.example failed',
    ],
    ['mail addresses', 'Error: ann@example.com is unknown', 'Error: bob@example.org is unknown'],
    ['how numbers are written', 'Error: 1,234.50 of 3 left', 'Error: 7 of 10 left'],
    ['how many ids there are', 'Error: no rows 1, 2, 3', 'Error: no rows 17'],
    [
      'network addresses',
      'connect ECONNREFUSED 10.0.0.1:5432',
      'connect ECONNREFUSED 10.0.12.7:5433',
    ],
    ['times', 'Error: late at 2026-11-22T10:00:00.000Z', 'Error: late at 2026-12-01T01:02:03.456Z'],
    [
      'where a text that is too long was cut',
      `Error: no ${'x'.repeat(190)} a1 behind…`,
      `Error: no ${'x'.repeat(190)} a1234567 beh…`,
    ],
    [
      'the place that threw it',
      'Error: boom\n    at a (/app/a.js:1:2)',
      'Error: boom\n    at b (/srv/b.js:3:4)\n    at c (/srv/c.js:1:1)',
    ],
  ])('is the same where errors differ in %s', (_, one, other) => {
    expect(same(one, other)).toBe(true);
  });

  it('differs where the class, the message or the cause differs', () => {
    expect(same('TypeError: boom', 'Error: boom')).toBe(false);
    expect(same('Error: boom', 'Error: bang')).toBe(false);
    expect(same('Error: boom\nCaused by: Error: a', 'Error: boom\nCaused by: Error: b')).toBe(
      false,
    );
    expect(same('Error: no @nestjs/typeorm', 'Error: no @nestjs/config')).toBe(false);
    expect(same("Error: can't reach Stripe, isn't up", "Error: can't reach Twilio, isn't up")).toBe(
      false,
    );
  });

  it.each(['@', 'a@', 'a.', 'a', '"', "'", "\\'", '<id>', '1 ', 'x://'])(
    'comes to an end over a text that is made to take long: %s',
    (part) => {
      expect(fingerprintOf(part.repeat(50_000))).toHaveLength(12);
    },
  );
});
