import { Injectable } from '@nestjs/common';
import {
  type ArmaloEvent,
  ArmaloWatch,
  type ArmoxEvent,
  ArmoxJobs,
  DeliveryHealth,
  type HandlerContext,
  OnArmaloEvent,
  OnArmoxEvent,
  Reconciler,
} from 'nestjs-armox-armalo';
import { ArmaloSandbox, ArmoxSandbox } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET, ARMOX_SECRET } from './application.js';

let handled: string[] = [];

@Injectable()
class Handlers {
  @OnArmoxEvent('job.completed')
  completed(event: ArmoxEvent<'job.completed'>, { origin }: HandlerContext) {
    handled.push(`${event.job.id} by ${origin}`);
  }

  @OnArmaloEvent('score.changed')
  scored(event: ArmaloEvent<'score.changed'>, { origin }: HandlerContext) {
    handled.push(`${event.data.previousScore} to ${event.data.compositeScore} by ${origin}`);
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What no webhook has brought', () => {
    let database: TestDatabase;
    let app: Application;
    let armox: ArmoxSandbox;
    let armalo: ArmaloSandbox;

    beforeAll(async () => {
      database = await kind.create();
      // Neither service sends a webhook; the test says when there is a round of polling.
      armox = await new ArmoxSandbox({ lifecycle: 'manual', faults: { drop: 1 } }).start();
      armalo = await new ArmaloSandbox({ faults: { drop: 1 } }).start();
      app = await Application.start({
        database,
        providers: [Handlers],
        options: {
          armox: { webhookSecret: ARMOX_SECRET, apiKey: armox.apiKey, baseUrl: armox.url },
          armalo: { webhookSecret: ARMALO_SECRET, apiKey: armalo.apiKey, baseUrl: armalo.url },
          reconcile: { interval: 3_600_000 },
        },
      });
    });

    beforeEach(() => (handled = []));

    afterAll(async () => {
      await app?.close();
      await armox?.stop();
      await armalo?.stop();
      await database?.drop();
    });

    /** As if that much time had passed for what the poller looks after. */
    const makeDue = async (table: 'job' | 'watch') => {
      await app.dataSource.query(
        `UPDATE armox_armalo_${table} SET due_at = 0 WHERE due_at IS NOT NULL`,
      );
    };
    const poll = () => app.nest.get(Reconciler).reconcileNow();

    it('of a job is found by the poller, handled once, and ends the wait for it', async () => {
      const job = await app.nest.get(ArmoxJobs).run({ modelId: 'sandbox/video', input: {} });
      armox.complete(job.id);
      for (let round = 0; round < 2; round += 1) {
        await makeDue('job');
        await poll();
      }
      await app.settled();
      expect(handled).toEqual([`${job.id} by poll`]);
      expect(await job.done()).toMatchObject({ id: job.id, status: 'completed' });
    });

    it('of a watched agent’s score is found as a change, with the score before', async () => {
      const agent = armalo.registerAgent('ext_1', 'Ada');
      armalo.setScore(agent.id, 700);
      await app.nest.get(ArmaloWatch).watch(agent.id);
      await poll();
      armalo.setScore(agent.id, 650);
      for (let round = 0; round < 2; round += 1) {
        await makeDue('watch');
        await poll();
      }
      await app.settled();
      expect(handled).toEqual(['700 to 650 by poll']);
    });

    it('shows in the health of the deliveries', async () => {
      const health = await app.nest.get(DeliveryHealth).read();
      expect(health).toMatchObject([
        { source: 'armox', repaired: 1, repairedShare: 1 },
        { source: 'armalo', repaired: 1, repairedShare: 1 },
      ]);
    });

    it('leaves the inbox in order', async () => {
      expect(await app.store.violations()).toEqual([]);
    });
  });
}
