import { describe, expect, it, beforeAll, afterAll } from '@jest/globals';
import { ArmoxArmaloConfigurationError } from 'nestjs-armox-armalo';
import { BasicLogins } from '../../lib/ops/access/basic.login.js';
import { testDatabase, type TestDatabase } from '../databases.js';
import { Application } from '../flow/application.js';
import { basic, OpsClient, OPERATOR, VIEWER } from './ops-client.js';

const sqlite = await testDatabase('sqlite');

for (const adapter of ['express', 'fastify'] as const) {
  describe(`Access to the operations page, on ${adapter}`, () => {
    let database: TestDatabase;
    let app: Application;
    const client = (login = OPERATOR) => new OpsClient(`${app.url}/ops`, login);
    const stranger = () =>
      new OpsClient(`${app.url}/ops`, { ...OPERATOR, password: 'guessed wrong' });

    beforeAll(async () => {
      database = await sqlite.create();
      const options = { ops: { access: [OPERATOR, VIEWER] } };
      app = await Application.start({ database, adapter, options });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    it('asks strangers for name and password, for the page and for the API', async () => {
      for (const path of ['', 'api/session', 'api/no-such-route', 'no-such-file.js']) {
        const response = await fetch(`${app.url}/ops/${path}`);
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
      }
    });

    it('lets those in who have a password, and says who they are', async () => {
      await expect(client().get('api/session')).resolves.toMatchObject({
        user: 'olga',
        role: 'operate',
        sources: ['armox', 'armalo'],
      });
      await expect(client(VIEWER).get('api/session')).resolves.toMatchObject({ role: 'view' });
    });

    it('shows viewers everything, and lets them change nothing', async () => {
      expect((await client(VIEWER).fetch('api/events')).status).toBe(200);
      const refused = await client(VIEWER).post('api/events/1/replay');
      expect(refused.status).toBe(403);
      await expect(refused.json()).resolves.toMatchObject({
        error: 'victor may look, but change nothing.',
      });
    });

    it('refuses what another site makes a browser send', async () => {
      for (const site of ['cross-site', 'same-site', 'none']) {
        const headers = { 'sec-fetch-site': site };
        expect((await client().post('api/events/1/replay', {}, headers)).status).toBe(403);
      }
      const form = await client().fetch('api/events/1/replay', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=b',
      });
      expect(form.status).toBe(415);
    });

    it('sends headers that keep scripts of others out, over those of the application', async () => {
      const { headers } = await client().fetch('');
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
          "img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('leads from the path without a slash to the page, relative to where it is', async () => {
      const response = await fetch(`${app.url}/ops?a=b`, {
        redirect: 'manual',
        headers: { authorization: basic(OPERATOR) },
      });
      expect(response.status).toBe(308);
      expect(response.headers.get('location')).toBe('ops/?a=b');
    });

    it('names no file of the machine, whatever the path', async () => {
      for (const path of [
        '..%2f..%2fpackage.json',
        '%2e%2e/package.json',
        'assets/../../package.json',
      ]) {
        expect((await client().fetch(path)).status).toBeGreaterThanOrEqual(404);
      }
    });

    it('listens no more to an address that guesses, after ten wrong passwords', async () => {
      for (let guess = 0; guess < 10; guess += 1) {
        expect((await stranger().fetch('api/session')).status).toBe(401);
      }
      const response = await stranger().fetch('api/session');
      expect(response.status).toBe(429);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });
}

describe('An access rule of the application', () => {
  it('is asked for every request, and its answer is checked', async () => {
    const database = await sqlite.create();
    const known: Record<string, unknown> = {
      ann: { name: 'ann', role: 'view' },
      odd: { name: 'odd', role: 'root' },
    };
    const app = await Application.start({
      database,
      options: {
        ops: {
          path: '/internal/hooks/',
          access: (request) => known[String(request.headers['x-user'])] as never,
        },
      },
    });
    const status = async (user: string) =>
      (await fetch(`${app.url}/internal/hooks/api/session`, { headers: { 'x-user': user } }))
        .status;
    expect(await status('ann')).toBe(200);
    expect(await status('odd')).toBe(401);
    expect(await status('nobody')).toBe(401);
    await app.close();
    await database.drop();
  });

  it('must be there: without one the application does not start', async () => {
    const database = await sqlite.create();
    const start = (ops: object) => Application.start({ database, options: { ops: ops as never } });
    await expect(start({})).rejects.toMatchObject({ option: 'ops.access' });
    await expect(start({ access: [] })).rejects.toBeInstanceOf(ArmoxArmaloConfigurationError);
    const short = { ...OPERATOR, password: 'short' };
    await expect(start({ access: [short] })).rejects.toThrow(/at least 12 characters/);
    await database.drop();
  });
});

describe('Logins', () => {
  it('are found by name and password together, colons in passwords included', () => {
    const logins = new BasicLogins([{ name: 'a', password: 'b:c:d:e:f:g:h', role: 'view' }]);
    expect(logins.find(basic({ name: 'a', password: 'b:c:d:e:f:g:h' }))).toEqual({
      name: 'a',
      role: 'view',
    });
    expect(logins.find(basic({ name: 'a:b', password: 'c:d:e:f:g:h' }))).toBeDefined();
    expect(logins.find('Bearer abc')).toBeUndefined();
    expect(logins.find('Basic %%%')).toBeUndefined();
  });
});
