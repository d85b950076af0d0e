import { Injectable } from '@nestjs/common';
import {
  NotTransactionalError,
  OnArmaloEvent,
  RejectEventError,
  type ArmaloEvent,
  type HandlerContext,
} from 'nestjs-armox-armalo';
import type { EntityManager } from 'typeorm';
import request from 'supertest';
import { armaloRequest, handlerContext, untilHandled } from '../../lib/testing/index.js';
import { testDatabase, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  check(event: ArmaloEvent<'pact.violated'>, _context?: HandlerContext) {
    if (event.data.severity === 'minor') throw new Error('The ledger is away.');
    if (event.data.severity === 'info') throw new RejectEventError('Not for us.');
  }

  @OnArmaloEvent('pact.anchored', { transactional: true })
  async anchor(_event: ArmaloEvent<'pact.anchored'>, context: HandlerContext) {
    await context.manager.query('SELECT 1');
    return context.idempotencyKey;
  }
}

const violated = (severity: string) =>
  armaloRequest(
    { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: { severity } },
    ARMALO_SECRET,
  );

let database: TestDatabase;
let app: Application;

beforeAll(async () => {
  database = await (await testDatabase('sqlite')).create();
  app = await Application.start({
    database,
    adapter: 'express',
    providers: [Handlers],
    entities: [],
  });
});

afterAll(async () => {
  await app?.close();
  await database?.drop();
});

async function delivered(severity: string): Promise<string> {
  const { headers, body } = violated(severity);
  const answer = await request(app.url).post('/webhooks/armalo').set(headers).send(body);
  expect(answer.status).toBe(200);
  return String((answer.body as { id: unknown }).id);
}

describe('untilHandled', () => {
  it('gives the event once its handlers have ended, however they did', async () => {
    expect(await untilHandled(app.nest, await delivered('major'))).toMatchObject({
      state: 'done',
      completedHandlers: ['Handlers.check'],
    });
    expect(await untilHandled(app.nest, await delivered('info'))).toMatchObject({
      state: 'dead',
      reason: 'rejected',
      lastError: expect.stringContaining('Not for us.') as unknown,
    });
  });

  it('tells why an event is not done in time', async () => {
    const id = await delivered('minor');
    await expect(untilHandled(app.nest, id, { timeout: 500 })).rejects.toThrow(
      /is open after 500 ms and waits to be tried again\. Attempt 1 failed: .*The ledger is away\./,
    );
    await expect(untilHandled(app.nest, 'nobody', { timeout: 0 })).rejects.toThrow(
      'No event with the id "nobody" was stored within 0 ms.',
    );
  });
});

describe('handlerContext', () => {
  const event = {
    event: 'pact.anchored',
    timestamp: '2026-11-22T10:00:00.000Z',
    data: { pactId: 'pact_1' },
  } as const;

  it('lets a handler be called as a plain method', async () => {
    const asked: string[] = [];
    const manager = { query: (text: string) => Promise.resolve(asked.push(text)) };
    const context = handlerContext({
      idempotencyKey: 'key_1',
      manager: manager as unknown as EntityManager,
    });
    expect(await new Handlers().anchor(event, context)).toBe('key_1');
    expect(asked).toEqual(['SELECT 1']);
  });

  it('has no manager unless it is given one, as in a handler that is not transactional', async () => {
    await expect(new Handlers().anchor(event, handlerContext())).rejects.toThrow(
      NotTransactionalError,
    );
  });
});

it('refuses bytes as an event, since a client would make something else of them', () => {
  expect(() => armaloRequest(Buffer.from('{}'), ARMALO_SECRET)).toThrow(TypeError);
});
