import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { OperationView } from '../../lib/ops/api.types.js';
import { Child, eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { OpsClient } from './ops-client.js';

const EVENTS = 10_000;
const LATER = 100;

for (const kind of await availableDatabases()) {
  describeOn(kind, 'A process that is killed with -9 while it replays 10,000 events', () => {
    let database: TestDatabase;
    let dataSource: DataSource;
    let app: Child | undefined;

    beforeAll(async () => {
      database = await kind.create();
      dataSource = await new DataSource(database.options).initialize();
    });

    afterAll(async () => {
      await app?.stop();
      await dataSource?.destroy();
      await database?.drop();
    });

    const start = async (seed: number) => {
      app = Child.node(['test/ops/operating-app.mjs'], {
        OPS_DATABASE: JSON.stringify(database.options),
        OPS_SEED: String(seed),
      });
      const [, url = ''] = await app.says(/Listening on (\S+)/);
      return new OpsClient(`${url}/ops`);
    };

    const states = async () => {
      const rows = await dataSource.query<{ state: string; many: string | number }[]>(
        'SELECT state, COUNT(*) AS many FROM armox_armalo_inbox GROUP BY state ORDER BY state',
      );
      return Object.fromEntries(rows.map(({ state, many }) => [state, Number(many)]));
    };

    it('leaves the rest to the next one, which touches exactly the set that was fixed', async () => {
      const first = await start(EVENTS);
      const response = await first.post('api/operations', {
        action: 'replay',
        filter: { state: 'dead' },
      });
      const { id, total } = (await response.json()) as OperationView;
      expect(total).toBe(EVENTS);
      await eventually(
        () => first.get<OperationView>(`api/operations/${id}`),
        ({ changed }) => changed > 0,
      );
      app?.kill('SIGKILL');
      await app?.end();
      const left = (await states())['dead'] ?? 0;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThan(EVENTS);

      // These fit too, but not when it began.
      const second = await start(LATER);
      const done = await eventually(
        () => second.get<OperationView>(`api/operations/${id}`),
        ({ state }) => state === 'done',
      );
      expect(done).toMatchObject({ total: EVENTS, changed: EVENTS, passedOver: 0 });
      const handled = await eventually(states, ({ open = 0 }) => open === 0);
      expect(handled).toEqual({ dead: LATER, done: EVENTS });
      await app?.stop();
    }, 60_000);
  });
}
