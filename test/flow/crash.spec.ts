import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { armaloRequest } from '../../lib/testing/index.js';
import { Child, eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';

const request = (event: string, pactId: string) =>
  armaloRequest({ event, timestamp: '2026-11-22T10:00:00.000Z', data: { pactId } }, 'whsec_crash');

for (const kind of await availableDatabases()) {
  describeOn(kind, 'A process that is killed with -9 while a handler runs', () => {
    const hold = join(tmpdir(), `armox-armalo-hold-${process.pid}-${kind.name}`);
    let database: TestDatabase;
    let dataSource: DataSource;
    let app: Child | undefined;

    beforeAll(async () => {
      database = await kind.create();
      dataSource = await new DataSource(database.options).initialize();
      await dataSource.query('CREATE TABLE effect (pact VARCHAR(100))');
    });

    afterAll(async () => {
      rmSync(hold, { force: true });
      await app?.stop();
      await dataSource?.destroy();
      await database?.drop();
    });

    const start = async () => {
      app = Child.node(['test/flow/crashing-app.mjs'], {
        CRASH_DATABASE: JSON.stringify(database.options),
        CRASH_HOLD: hold,
      });
      const [, url = ''] = await app.says(/Listening on (\S+)/);
      return { app, url };
    };

    const deliver = async (url: string, event: string, pactId: string) => {
      const { status } = await fetch(`${url}/webhooks/armalo`, request(event, pactId));
      return status;
    };

    /** Kills the first process in the middle of the handler, and lets a second one finish. */
    const crashDuring = async (event: string, pactId: string, handler: string) => {
      writeFileSync(hold, '');
      const first = await start();
      expect(await deliver(first.url, event, pactId)).toBe(200);
      await first.app.says(new RegExp(`holding ${handler}`));
      first.app.kill('SIGKILL');
      await first.app.end();
      rmSync(hold);
      return start();
    };

    const states = () =>
      dataSource.query<{ state: string; attempts: number; stalled_count: number }[]>(
        'SELECT state, attempts, stalled_count FROM armox_armalo_inbox ORDER BY id',
      );
    const done = (rows: { state: string }[]) => rows.every(({ state }) => state === 'done');

    it('leaves a transactional effect that is there once', async () => {
      const second = await crashDuring('pact.violated', 'pact_1', 'transactional');
      const rows = await eventually(states, done);
      expect(
        rows.map(({ attempts, stalled_count: stalled }) => [Number(attempts), Number(stalled)]),
      ).toEqual([[2, 0]]);
      expect(await dataSource.query('SELECT pact FROM effect')).toEqual([{ pact: 'pact_1' }]);
      await second.app.stop();
    }, 60_000);

    it('leaves an event whose plain handler runs again', async () => {
      const second = await crashDuring('pact.anchored', 'pact_2', 'plain');
      await second.app.says(/plain handler has done pact_2/);
      await eventually(states, done);
      await second.app.stop();
    }, 60_000);
  });
}
