import { Injectable } from '@nestjs/common';
import {
  type ArmaloEvent,
  type ArmoxEvent,
  type HandlerContext,
  OnArmaloEvent,
  OnArmoxEvent,
} from 'nestjs-armox-armalo';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { armaloRequest, armoxRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET, ARMOX_SECRET } from './application.js';
import { summaries } from '../event.lists.js';

@Entity('violation')
class Violation {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 500 })
  eventId: string;

  @Column({ type: 'varchar', length: 200 })
  pactId: string;
}

const published: string[] = [];

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated', { transactional: true })
  async record(event: ArmaloEvent<'pact.violated'>, context: HandlerContext) {
    await context.manager.insert(Violation, {
      eventId: context.eventId,
      pactId: event.data.pactId ?? '',
    });
  }

  @OnArmoxEvent('job.completed')
  publish(event: ArmoxEvent<'job.completed'>) {
    published.push(event.job.id);
  }
}

const violated = (pactId: string) => ({
  event: 'pact.violated',
  timestamp: '2026-11-22T10:00:00.000Z',
  data: { pactId, agentId: 'agent_1' },
});

const completed = (id: string) => ({
  event: 'job.completed',
  job: { id, status: 'completed', output: { outputImage: 'https://example.com/o.png' } },
});

const databases = await availableDatabases();

for (const kind of databases) {
  for (const adapter of ['express', 'fastify'] as const) {
    describeOn(kind, `A signed delivery over ${adapter}`, () => {
      let database: TestDatabase;
      let app: Application;

      beforeAll(async () => {
        database = await kind.create();
        app = await Application.start({
          database,
          adapter,
          providers: [Handlers],
          entities: [Violation],
        });
      });

      afterAll(async () => {
        await app?.close();
        await database?.drop();
      });

      const violations = () => app.dataSource.getRepository(Violation).find();

      it('is answered 200, is one row, and takes effect once, also when it comes 50 times at once', async () => {
        const request = armaloRequest(violated('pact_1'), ARMALO_SECRET);
        const answers = await Promise.all(
          Array.from({ length: 50 }, () => app.post('/webhooks/armalo', request)),
        );
        expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
        expect(answers.filter(({ body }) => body['duplicate'] === false)).toHaveLength(1);
        await app.settled();
        expect(await violations()).toMatchObject([{ pactId: 'pact_1' }]);
        expect(await summaries(app.store, { name: 'pact.violated' })).toHaveLength(1);
      });

      it('reaches the handler of the other service', async () => {
        const id = `job_${kind.name}_${adapter}`;
        const answer = await app.post('/webhooks/armox', armoxRequest(completed(id), ARMOX_SECRET));
        expect(answer).toMatchObject({
          status: 200,
          body: { received: true, duplicate: false, id: `${id}:completed` },
        });
        await app.settled();
        expect(published).toContain(id);
        expect(await app.event({ eventId: `${id}:completed` })).toMatchObject({ state: 'done' });
      });

      it('that is forged is answered 401 and leaves no row', async () => {
        const answer = await app.post(
          '/webhooks/armalo',
          armaloRequest(violated('pact_2'), 'wrong'),
        );
        expect(answer.status).toBe(401);
        expect((await violations()).map(({ pactId }) => pactId)).not.toContain('pact_2');
        expect(await summaries(app.store, { name: 'pact.violated' })).toHaveLength(1);
      });

      it('leaves the inbox in order', async () => {
        expect(await app.store.violations()).toEqual([]);
      });
    });
  }
}

const evaluated: string[] = [];

@Injectable()
class Evaluations {
  @OnArmaloEvent('eval.completed')
  note({ data }: ArmaloEvent<'eval.completed'>) {
    evaluated.push(data.evalId);
  }
}

for (const kind of databases) {
  describeOn(kind, 'A signed delivery, where `identify` and `orderingKey` fail,', () => {
    let database: TestDatabase;
    let app: Application;

    beforeAll(async () => {
      evaluated.length = 0;
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Evaluations],
        options: {
          armalo: {
            webhookSecret: ARMALO_SECRET,
            identify: () => ({}) as string,
            orderingKey: () => {
              throw new Error('There is no such agent.');
            },
          },
        },
      });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    const send = (event: object) =>
      app.post('/webhooks/armalo', armaloRequest(event, ARMALO_SECRET));
    const timestamp = '2026-11-22T10:00:00.000Z';
    const checks = { agentId: 'a', passed: true, checksTotal: 1, checksPassed: 1 };

    it('is stored under its own identity, and takes effect once', async () => {
      const event = { event: 'eval.completed', timestamp, data: { evalId: 'e1', ...checks } };
      expect(await send(event)).toMatchObject({ status: 200, body: { duplicate: false } });
      expect(await send(event)).toMatchObject({ status: 200, body: { duplicate: true } });
      await app.settled();
      expect(evaluated).toEqual(['e1']);
      expect(await app.event({ eventId: 'eval.completed:e1' })).toMatchObject({
        state: 'done',
        orderKey: null,
      });
    });

    it('that is broken is kept dead, and the sound one that follows is handled', async () => {
      const data = { evalId: 'e2', ...checks };
      for (const broken of [
        { event: 'eval.completed', timestamp, data: { evalId: 'e2' } },
        { event: 'eval.completed', timestamp: 'soon', data },
        { event: 'eval.completed', timestamp },
      ]) {
        const answer = await send(broken);
        expect(answer).toMatchObject({ status: 200, body: { duplicate: false } });
        expect(await app.event({ eventId: String(answer.body['id']) })).toMatchObject({
          state: 'dead',
          reason: 'invalid-payload',
        });
      }
      const sound = { event: 'eval.completed', timestamp: 1_795_341_600, data };
      expect(await send(sound)).toMatchObject({ status: 200, body: { duplicate: false } });
      await app.settled();
      expect(evaluated).toContain('e2');
      expect((await app.event({ eventId: 'eval.completed:e2' })).occurredAt).toBe(
        1_795_341_600_000,
      );
    });

    it('of a name that nobody documents is kept as it comes', async () => {
      const answer = await send({ event: 'ping' });
      expect(answer.status).toBe(200);
      await app.settled();
      expect(await app.event({ eventId: String(answer.body['id']) })).toMatchObject({
        name: 'ping',
        state: 'ignored',
        occurredAt: null,
      });
    });

    it('without an event name is answered 400 and kept nowhere', async () => {
      const before = (await summaries(app.store)).length;
      for (const body of [{ timestamp, data: {} }, []]) expect((await send(body)).status).toBe(400);
      expect(await summaries(app.store)).toHaveLength(before);
    });
  });
}
