import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { armaloRequest, armoxRequest } from '../../lib/testing/index.js';
import { Child, eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';

const SECRET = 'whsec_sample';
const LISTENING = /Listening on (http:\/\/\S+)/;

const violated = (pactId: string) =>
  armaloRequest(
    {
      event: 'pact.violated',
      timestamp: '2026-11-22T10:00:00.000Z',
      data: { pactId, agentId: 'agent_1' },
    },
    SECRET,
  );

const post = async (url: string, request: ReturnType<typeof violated>) =>
  (await fetch(url, request)).status;

const json = async (url: string) => (await fetch(url)).json();

/** The sample app as its users start it. */
async function start(env: Record<string, string>) {
  const child = Child.node(['dist-sample/main.js'], { PORT: '0', ...env });
  const [, url = ''] = await child.says(LISTENING);
  return { child, url };
}

const databases = await availableDatabases();

for (const kind of databases) {
  for (const adapter of ['express', 'fastify']) {
    describeOn(kind, `The sample app without its sandbox, with ${adapter},`, () => {
      let database: TestDatabase;
      let app: Awaited<ReturnType<typeof start>>;
      let dataSource: DataSource;

      beforeAll(async () => {
        database = await kind.create();
        app = await start({
          SANDBOX: 'off',
          DATABASE_URL: database.url,
          HTTP_ADAPTER: adapter,
          ARMALO_WEBHOOK_SECRET: `whsec_other,${SECRET}`,
        });
        dataSource = await new DataSource(database.options).initialize();
      }, 60_000);

      afterAll(async () => {
        await dataSource?.destroy();
        await app?.child.stop();
        await database?.drop();
      });

      const violations = () =>
        dataSource.query<object[]>('SELECT event_id, pact_id, agent_id FROM violation');
      const events = () => dataSource.query<object[]>('SELECT event_id FROM armox_armalo_inbox');

      it('takes a delivery that comes 50 times at once into the violation table once', async () => {
        const url = `${app.url}/webhooks/armalo`;
        const statuses = await Promise.all(
          Array.from({ length: 50 }, () => post(url, violated('pact_1'))),
        );
        expect(new Set(statuses)).toEqual(new Set([200]));
        const rows = await eventually(violations, ({ length }) => length > 0);
        expect(rows).toMatchObject([{ pact_id: 'pact_1', agent_id: 'agent_1' }]);
        expect(await events()).toHaveLength(1);
      });

      it('answers a forged one 401 and keeps nothing', async () => {
        const forged = { ...violated('pact_2'), headers: { 'x-armalo-signature': 'a'.repeat(64) } };
        expect(await post(`${app.url}/webhooks/armalo`, forged)).toBe(401);
        expect(await events()).toHaveLength(1);
      });

      it('refuses the service for which it has no secret', async () => {
        const request = armoxRequest({ event: 'job.completed', job: { id: 'job_1' } }, 'anything');
        expect(await post(`${app.url}/webhooks/armox`, request)).toBe(401);
      });

      it('tells Prometheus its metrics', async () => {
        const response = await fetch(`${app.url}/metrics`);
        expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
        expect(await response.text()).toMatch(/^armox_armalo_database_up\{.*\} 1$/m);
      });

      it('drains and exits 0 on SIGTERM', async () => {
        app.child.kill('SIGTERM');
        expect(await app.child.end()).toBe(0);
      });
    });
  }
}

it('with no environment at all, it starts on SQLite, and both services’ events are handled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'armox-armalo-sample-'));
  const app = await start({ DATABASE_URL: `sqlite:${join(folder, 'sample.sqlite')}` });
  try {
    await app.child.says(/render \S+ is completed/);
    await app.child.says(/agent \S+ scores \d+/);
    expect(await json(`${app.url}/renders`)).toContainEqual(
      expect.objectContaining({ status: 'completed' }),
    );
    expect(await json(`${app.url}/agents`)).toContainEqual(
      expect.objectContaining({ compositeScore: expect.any(Number) as number }),
    );
    expect(await json(`${app.url}/health`)).toMatchObject({ status: 'ok' });
    app.child.kill('SIGTERM');
    expect(await app.child.end()).toBe(0);
  } finally {
    await app.child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
