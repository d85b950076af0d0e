import { Injectable, type Type } from '@nestjs/common';
import { type HandlerContext, OnArmaloEvent } from 'nestjs-armox-armalo';
import { armaloRequest } from '../../lib/testing/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';
import { summaries } from '../event.lists.js';

let ran: string[] = [];

@Injectable()
class OldHandlers {
  @OnArmaloEvent('pact.violated', { name: 'Books.enter' })
  enter(_event: unknown, { eventId }: HandlerContext) {
    ran.push(`enter ${eventId}`);
  }
}

@Injectable()
class NewHandlers extends OldHandlers {
  @OnArmaloEvent('swarm.*')
  stop(_event: unknown, { eventId }: HandlerContext) {
    ran.push(`stop ${eventId}`);
  }

  @OnArmaloEvent()
  audit(_event: unknown, { eventId }: HandlerContext) {
    ran.push(`audit ${eventId}`);
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'Replicas of two releases', () => {
    let database: TestDatabase;
    let apps: Application[] = [];

    const start = async (handlers: Type) => {
      const options = {};
      const app = await Application.start({ database, providers: [handlers], options });
      apps.push(app);
      return app;
    };

    const deliver = async (app: Application, event: string, count: number) => {
      const ids: string[] = [];
      for (let n = 0; n < count; n++) {
        const timestamp = '2026-11-22T10:00:00.000Z';
        const request = armaloRequest({ event, timestamp, data: { n } }, ARMALO_SECRET);
        const { body } = await app.post('/webhooks/armalo', request);
        ids.push(String(body['id']));
      }
      return ids;
    };

    const each = (what: string, ids: readonly string[]) => ids.map((id) => `${what} ${id}`);

    beforeEach(async () => {
      ran = [];
      database = await kind.create();
    });

    afterEach(async () => {
      for (const app of apps) await app.close();
      apps = [];
      await database.drop();
    });

    it('lose no event for handlers that only one of them has, and run each handler once', async () => {
      const old = await start(OldHandlers);
      await start(NewHandlers);
      const halts = await deliver(old, 'swarm.halted', 20);
      const violations = await deliver(old, 'pact.violated', 20);
      await old.settled();
      expect(await old.store.counts()).toMatchObject([
        { source: 'armalo', state: 'done', count: 40 },
      ]);
      expect(ran.sort()).toEqual(
        [
          ...each('stop', halts),
          ...each('enter', violations),
          ...each('audit', [...halts, ...violations]),
        ].sort(),
      );
      expect(await summaries(old.store)).toMatchObject(
        Array.from({ length: 40 }, () => ({ attempts: 1, stalledCount: 0, lastError: null })),
      );
      expect(await old.store.violations()).toEqual([]);
    }, 60_000);

    it('wait for a killed one as long as it could still be running, and then finish', async () => {
      const old = await start(OldHandlers);
      const handlers = [{ name: 'Gone.stop', source: 'armalo', patterns: ['swarm.*'] }];
      await old.store.publishHandlers('killed', handlers, 3_000);
      const [halt = ''] = await deliver(old, 'swarm.halted', 1);
      const postponed = await eventually(
        () => old.event({ eventId: halt }),
        ({ state, attempts, dueAt, receivedAt }) =>
          state === 'open' && attempts === 0 && dueAt > receivedAt,
      );
      expect(postponed.reason).toBeNull();
      await old.settled();
      expect(await old.event({ eventId: halt })).toMatchObject({ state: 'ignored', attempts: 1 });
    }, 60_000);

    it('go by the handlers of those that run: what stopped is not waited for', async () => {
      const old = await start(OldHandlers);
      const fresh = await start(NewHandlers);
      await fresh.close();
      const [halt = ''] = await deliver(old, 'swarm.halted', 1);
      await old.settled();
      expect(await old.event({ eventId: halt })).toMatchObject({
        state: 'ignored',
        reason: 'no-handler',
      });

      // The way back: ignored events are replayed where their handler runs.
      await old.close();
      const again = await start(NewHandlers);
      expect(await again.store.replay({ state: 'ignored' })).toBe(1);
      await again.settled();
      expect(ran.sort()).toEqual([`audit ${halt}`, `stop ${halt}`]);
    }, 60_000);
  });
}
