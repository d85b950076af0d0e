import { Injectable } from '@nestjs/common';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { InboxAdmin, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import type { MinuteSeries, OverviewView, PollerView } from '../../lib/ops/api.types.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { OpsClient, OPERATOR } from './ops-client.js';

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {
    throw new RejectEventError('The card of order 17 was declined.');
  }

  @OnArmaloEvent('pact.anchored')
  anchored() {}
}

const decoded = (bytes: unknown): string => new TextDecoder().decode(bytes as Uint8Array);

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The overview', () => {
    let database: TestDatabase;
    let app: Application | undefined;

    const start = () =>
      Application.start({
        database,
        providers: [Handlers],
        options: { ops: { access: [OPERATOR] }, worker: { pollInterval: 50 } },
      });
    const deliver = (on: Application, event: string, pactId: string, secret = ARMALO_SECRET) => {
      const body = { event, timestamp: '2026-11-22T10:00:00.000Z', data: { pactId } };
      return on.post('/webhooks/armalo', armaloRequest(body, secret));
    };
    const overview = (on: Application) =>
      new OpsClient(`${on.url}/ops`).get<OverviewView>('api/overview');
    const sums = ({ minutes }: OverviewView): Record<string, number> => {
      const armalo = minutes.services.find(({ source }) => source === 'armalo');
      return Object.fromEntries(
        Object.entries(armalo?.series ?? {}).map(([name, numbers]) => [
          name,
          numbers.reduce((sum, number) => sum + number, 0),
        ]),
      );
    };

    beforeEach(async () => {
      database = await kind.create();
    });

    afterEach(async () => {
      await app?.close();
      await database?.drop();
    });

    it('counts what has happened by minute, from one process after the other', async () => {
      const story: Record<MinuteSeries, number> = {
        ...{ received: 3, duplicate: 1, handled: 1, retried: 0, dead: 1, ignored: 1, refused: 1 },
      };
      for (let run = 1; run <= 2; run += 1) {
        app = await start();
        await deliver(app, 'pact.violated', `v${run}`);
        await deliver(app, 'pact.anchored', `a${run}`);
        await deliver(app, 'pact.anchored', `a${run}`);
        await deliver(app, 'pact.unheard', `u${run}`);
        await deliver(app, 'pact.anchored', `f${run}`, 'whsec_forged');
        await app.settled();
        // What it has counted is written when it stops.
        await app.close();
      }
      app = await start();
      const view = await overview(app);
      expect(view.database).toBe('up');
      expect(sums(view)).toEqual(
        Object.fromEntries(Object.entries(story).map(([name, count]) => [name, count * 2])),
      );
      const armalo = view.services.find(({ source }) => source === 'armalo');
      expect(armalo).toMatchObject({
        counts: { dead: { count: 2, more: false }, done: { count: 2 }, open: { count: 0 } },
        oldestDue: null,
        handlerTime: { p50: expect.any(Number), p95: expect.any(Number) },
      });
    });

    it('says what needs attention, and which events it is about', async () => {
      app = await start();
      await deliver(app, 'pact.violated', 'p1');
      await deliver(app, 'pact.violated', 'p2');
      await app.settled();
      await app.close();
      app = await start();
      const { attention } = await overview(app);
      expect(attention).toMatchObject([
        {
          kind: 'dead',
          urgent: false,
          title:
            '2 events of armalo died in the last hour, all of them with the same error, at pact.violated.',
          filter: { source: 'armalo', state: 'dead' },
        },
      ]);
      const { fingerprint = '' } = attention[0]?.filter ?? {};
      const admin = app.nest.get(InboxAdmin);
      expect(await admin.count({ state: 'dead', fingerprint })).toMatchObject({ count: 2 });
    });

    it('comes as server-sent events, and ends with the application', async () => {
      app = await start();
      const stream = await new OpsClient(`${app.url}/ops`).fetch('api/live');
      expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
      const reader = stream.body?.getReader();
      let text = '';
      await eventually(
        async () => (text += decoded((await reader?.read())?.value)),
        (all) => all.endsWith('\n\n'),
      );
      expect(text).toMatch(/^event: overview\ndata: \{"now":\d+,"database":"up"/);
      await app.close();
      app = undefined;
      await eventually(
        async () => (await reader?.read())?.done,
        (done) => done === true,
      );
    });

    it('tells how the poller does, and polls when asked to', async () => {
      app = await start();
      const client = new OpsClient(`${app.url}/ops`);
      await expect(client.get<PollerView>('api/poller')).resolves.toMatchObject({ polls: false });
      expect((await client.post('api/poller/poll')).status).toBe(200);
    });
  });
}
