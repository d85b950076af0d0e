import { Injectable } from '@nestjs/common';
import { InboxAdmin, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';

const HOUR = 3_600_000;
let broken = true;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {
    if (broken) throw new RejectEventError('The release has a fault.');
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'An operator of a running application', () => {
    let database: TestDatabase;
    let app: Application;

    beforeAll(async () => {
      broken = true;
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Handlers],
        // What nothing wakes the worker for is seen in an hour.
        options: { worker: { lease: HOUR, pollInterval: HOUR } },
      });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    it('replays what is dead, and it runs at once', async () => {
      const data = { pactId: 'p1', agentId: 'a1' };
      const event = { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data };
      await app.post('/webhooks/armalo', armaloRequest(event, ARMALO_SECRET));
      await app.settled();
      const admin = app.nest.get(InboxAdmin);
      expect(await admin.find({ state: 'dead' })).toMatchObject({
        reason: 'rejected',
        failures: [{ handler: 'Handlers.violated', attempt: 1 }],
      });
      broken = false;
      expect(await admin.replay({ state: 'dead' })).toBe(1);
      await app.settled();
      expect(await admin.find({})).toMatchObject({ state: 'done' });
    });
  });
}
