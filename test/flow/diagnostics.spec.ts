import { subscribe, unsubscribe, type ChannelListener } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InboxAdmin, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import type { DiagnosticMessages, DiagnosticName } from '../../lib/core/index.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';

const NAMES: Readonly<Record<DiagnosticName, true>> = {
  received: true,
  refused: true,
  answered: true,
  stored: true,
  duplicate: true,
  claimed: true,
  'claim-ended': true,
  'handler-started': true,
  'handler-ended': true,
  settled: true,
  'settle-ended': true,
  'lease-lost': true,
  dead: true,
  replayed: true,
  polled: true,
  'api-call': true,
};
const aNumber: unknown = expect.any(Number);
const PRIVATE = 'what nobody but the handler may read';

type Heard = {
  [Name in DiagnosticName]: readonly [step: Name, message: DiagnosticMessages[Name]];
}[DiagnosticName];

const heard: Heard[] = [];
const listen: ChannelListener = (message, name) =>
  void heard.push([String(name).replace('armox-armalo:', ''), message] as unknown as Heard);
/** What is about many events, or about a request, comes beside the steps of one. */
const BESIDE: readonly DiagnosticName[] = ['answered', 'claim-ended', 'settle-ended'];
const inOrder = () => heard.filter(([step]) => !BESIDE.includes(step));
const steps = () => inOrder().map(([step]) => step);
const messages = () => inOrder().map(([, message]) => message);
const told = (...names: readonly DiagnosticName[]) =>
  heard.filter(([step]) => names.includes(step));

let failsOnce = true;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated', { retry: { delay: 1, jitter: 0 } })
  mayFail() {
    if (!failsOnce) return;
    failsOnce = false;
    throw new Error(PRIVATE);
  }

  @OnArmaloEvent('pact.violated', { transactional: true })
  transactional() {}

  @OnArmaloEvent('escrow.funded')
  rejects() {
    throw new RejectEventError(PRIVATE);
  }
}

const delivery = (event: string, secret = ARMALO_SECRET, agentId = 'agent_1') =>
  armaloRequest(
    { event, timestamp: '2026-11-22T10:00:00.000Z', data: { pactId: PRIVATE, agentId } },
    secret,
  );

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The life of an event on the diagnostic channels', () => {
    let database: TestDatabase;
    let app: Application;
    const post = (event: string, secret?: string) =>
      app.post('/webhooks/armalo', delivery(event, secret));

    beforeAll(async () => {
      database = await kind.create();
      app = await Application.start({ database, providers: [Handlers] });
      for (const name of Object.keys(NAMES)) subscribe(`armox-armalo:${name}`, listen);
    });

    beforeEach(() => (heard.length = 0));

    afterAll(async () => {
      for (const name of Object.keys(NAMES)) unsubscribe(`armox-armalo:${name}`, listen);
      await app?.close();
      await database?.drop();
    });

    /** The last step comes after its commit, which `settled` looks for. */
    const until = async (step: DiagnosticName, times = 1) => {
      while (told(step).length < times) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    it('is told step by step, from the signature to the last settle', async () => {
      failsOnce = true;
      await post('pact.violated');
      await until('settled', 2);
      const handled = ['handler-started', 'handler-ended'];
      expect(steps()).toEqual([
        ...['received', 'stored'],
        ...['claimed', ...handled, ...handled, 'settled'],
        ...['claimed', ...handled, 'settled'],
      ]);
      const { id, eventId } = await app.event({ name: 'pact.violated' });
      const event = { id, eventId, source: 'armalo', account: '', name: 'pact.violated' };
      const ended = (attempt: number, handler: string, outcome: string) => {
        const name = `Handlers.${handler}`;
        return { ...event, attempt, handler: name, outcome, duration: aNumber };
      };
      expect(messages()).toEqual([
        { source: 'armalo', account: '', bytes: aNumber },
        { ...event, origin: 'webhook' },
        { ...event, attempt: 1, dueAt: aNumber },
        { ...event, attempt: 1, handler: 'Handlers.mayFail' },
        { ...ended(1, 'mayFail', 'failed'), errorType: 'Error' },
        { ...event, attempt: 1, handler: 'Handlers.transactional' },
        ended(1, 'transactional', 'done'),
        { ...event, attempt: 1, outcome: 'retry', inMs: 1, duration: aNumber },
        { ...event, attempt: 2, dueAt: aNumber },
        { ...event, attempt: 2, handler: 'Handlers.mayFail' },
        ended(2, 'mayFail', 'done'),
        { ...event, attempt: 2, outcome: 'done', duration: aNumber },
      ]);
    });

    it('tells of duplicates, of what is refused and why, and of what is dead', async () => {
      await post('pact.violated');
      await post('pact.violated', 'another secret');
      await post('escrow.funded');
      await until('dead');
      expect(told('duplicate', 'refused', 'dead')).toEqual([
        ['duplicate', expect.objectContaining({ name: 'pact.violated', origin: 'webhook' })],
        ['refused', { source: 'armalo', reason: 'rejected' }],
        [
          'dead',
          expect.objectContaining({
            name: 'escrow.funded',
            attempt: 1,
            reason: 'rejected',
            handler: 'Handlers.rejects',
          }),
        ],
      ]);
    });

    it('tells what each request was answered', async () => {
      await post('pact.violated');
      await post('pact.violated', 'another secret');
      await until('answered', 2);
      expect(told('answered')).toEqual([
        ['answered', { source: 'armalo', status: 200, duration: aNumber }],
        ['answered', { source: 'armalo', status: 401, duration: aNumber }],
      ]);
    });

    it('tells of a replay, and of the claim and the settle that many events share', async () => {
      const { id } = await app.event({ name: 'escrow.funded' });
      const admin = app.nest.get(InboxAdmin);
      await admin.replay({ id });
      await until('settle-ended');
      expect(told('replayed')).toEqual([['replayed', { count: 1 }]]);
      const exchange = { events: 1, outcome: 'done', duration: aNumber };
      expect(told('claim-ended')).toContainEqual(['claim-ended', exchange]);
      expect(told('settle-ended')).toEqual([['settle-ended', exchange]]);
      await until('settled');
      expect(told('settled')).toMatchObject([['settled', { outcome: 'dead', reason: 'rejected' }]]);
    });

    it('never holds a payload, an error that quotes it, a secret or a signature', async () => {
      failsOnce = true;
      const request = delivery('pact.violated', ARMALO_SECRET, 'agent_2');
      await app.post('/webhooks/armalo', request);
      await app.post('/webhooks/armalo', delivery('escrow.funded', ARMALO_SECRET, 'agent_2'));
      await post('escrow.funded', 'another secret');
      await until('settled', 3);
      await until('dead');
      const text = inspect(heard, { depth: Infinity, maxStringLength: null, showHidden: true });
      const signature = Object.values(request.headers).find((value) => /[0-9a-f]{64}/.test(value));
      expect(signature).toBeDefined();
      for (const secret of [PRIVATE, ARMALO_SECRET, 'another secret', String(signature), 'body']) {
        expect(text).not.toContain(secret);
      }
      expect(text).not.toMatch(/Buffer|Error: |\[\w*Error/);
    });
  });
}
