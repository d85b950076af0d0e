import { Client } from 'pg';
import { armaloRequest } from '../../lib/testing/index.js';
import { describeOn, testDatabase, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';

const kind = await testDatabase('postgres');

describeOn(kind, 'While the database refuses connections, a delivery', () => {
  let database: TestDatabase;
  let app: Application;
  let admin: Client;
  let name: string;

  beforeAll(async () => {
    database = await kind.create();
    app = await Application.start({ database, options: { ingestTimeout: 500 } });
    const url = new URL(database.url);
    name = url.pathname.slice(1);
    url.pathname = '/postgres';
    admin = new Client({ connectionString: url.href });
    await admin.connect();
  });

  afterAll(async () => {
    await admin?.end();
    await app?.close();
    await database?.drop();
  });

  const request = armaloRequest(
    { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: {} },
    ARMALO_SECRET,
  );

  it('is answered 503 with Retry-After, and 200 by the same process when the database is back', async () => {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
    );
    const refused = await fetch(`${app.url}/webhooks/armalo`, request);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    const accepted = await app.post('/webhooks/armalo', request);
    expect(accepted).toMatchObject({ status: 200, body: { duplicate: false } });
  });
});
