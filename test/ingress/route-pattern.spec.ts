import { jest } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import request from 'supertest';
import { compilePattern } from '../../lib/ingress/routes/route-pattern.js';

/** Whether Express, behind Nest, gives a POST to this path to the route of this pattern. */
async function isRouted(pattern: string, path: string, strict: boolean): Promise<boolean> {
  const app = express().set('strict routing', strict);
  app.post(new ExpressAdapter().normalizePath(pattern), (_, response) => void response.end());
  return (await request(app).post(path)).status === 200;
}

beforeAll(() => {
  // Nest warns of the wildcards of older versions.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

describe.each([false, true])(
  'With strict routing %s, a pattern takes what Express routes to it:',
  (strict) => {
    it.each([
      ['/hooks/armalo', '/hooks/armalo'],
      ['/hooks/armalo', '/hooks/armalo/'],
      ['/hooks/armalo', '/HOOKS/armalo'],
      ['/hooks/armalo', '/hooks/armalo/acme'],
      ['/hooks/:account', '/hooks/acme'],
      ['/hooks/:account', '/hooks/acme/'],
      ['/hooks/:account', '/hooks/'],
      ['/hooks/:account', '/hooks/acme/globex'],
      ['/hooks{/:account}', '/hooks'],
      ['/hooks{/:account}', '/hooks/acme'],
      ['/hooks/:from-:to', '/hooks/a-b'],
      ['/hooks/:from-:to', '/hooks/a'],
      ['/hooks/:"an account"', '/hooks/acme'],
      ['/files/*path', '/files/a/b'],
      ['/files/*path', '/files/'],
      ['/files/*', '/files/a/b'],
      ['/files/*', '/files/'],
      ['/files/*', '/files'],
      ['/files/(.*)', '/files/a/b'],
      ['/files/+', '/files/a'],
      ['/files/*/raw', '/files/a/raw'],
      ['/files/*/*/raw', '/files/a/b/raw'],
      ['/files/*/raw', '/files/raw'],
      ['/a\\*b', '/a*b'],
      ['/a.b', '/axb'],
    ])('%s and %s', async (pattern, path) => {
      const regexp = compilePattern(pattern, { caseSensitive: false, strict });
      expect(regexp.test(path)).toBe(await isRouted(pattern, path, strict));
    });
  },
);
