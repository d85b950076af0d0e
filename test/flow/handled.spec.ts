import { Injectable, Scope } from '@nestjs/common';
import {
  type AnyArmaloEvent,
  type DeadEvent,
  type HandlerContext,
  OnArmaloEvent,
  OnDeadEvent,
  RejectEventError,
} from 'nestjs-armox-armalo';
import { armaloRequest } from '../../lib/testing/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';

const retry = { attempts: 2, delay: 1, factor: 1, jitter: 0 };

let calls: string[] = [];
let seen: string[] = [];
let dead: DeadEvent[] = [];
let ledgerIsDown = true;
let letGo: (() => void) | undefined;

@Injectable()
class Handlers {
  @OnArmaloEvent('escrow.funded', { retry })
  book() {
    calls.push('book');
    if (ledgerIsDown) throw new Error('The ledger is down.');
  }

  @OnArmaloEvent('escrow.*', { retry })
  tell(_event: AnyArmaloEvent, context: HandlerContext) {
    calls.push(`tell ${context.idempotencyKey.split(':').at(-1)}`);
  }

  @OnArmaloEvent('swarm.halted')
  refuse() {
    throw new RejectEventError('There is no such swarm.');
  }

  @OnArmaloEvent('monitoring.alert')
  slow() {
    return new Promise<void>((resolve) => (letGo = resolve));
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedHandlers {
  private count = 0;

  @OnArmaloEvent('wallet.verified')
  verified() {
    calls.push(`fresh ${++this.count}`);
  }
}

@Injectable()
class CatchAll {
  @OnArmaloEvent()
  all(event: AnyArmaloEvent, { eventId }: HandlerContext) {
    seen.push(eventId);
    if (event.event.startsWith('deal.')) calls.push(`all ${event.event}`);
  }
}

@Injectable()
class Pager {
  @OnDeadEvent()
  page(event: DeadEvent) {
    dead.push(event);
  }
}

const body = (event: string, data: object = {}) =>
  armaloRequest({ event, timestamp: '2026-11-22T10:00:00.000Z', data }, ARMALO_SECRET);

for (const kind of await availableDatabases()) {
  describeOn(kind, 'An accepted event', () => {
    let database: TestDatabase;
    let app: Application;

    beforeAll(async () => {
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Handlers, RequestScopedHandlers, CatchAll, Pager],
        options: { worker: { pollInterval: 20 } },
      });
    });

    beforeEach(() => {
      calls = [];
      seen = [];
      dead = [];
      ledgerIsDown = true;
      letGo = undefined;
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    const deliver = async (event: string, data?: object) => {
      const answer = await app.post('/webhooks/armalo', body(event, data));
      expect(answer.status).toBe(200);
      return { eventId: String(answer.body['id']) };
    };

    it('is retried for the handlers that failed only, ends dead visibly, and can be replayed', async () => {
      const filter = await deliver('escrow.funded', { escrowId: 'e_1' });
      await app.settled();
      expect(calls.filter((call) => call === 'book')).toHaveLength(2);
      expect(calls.filter((call) => call.startsWith('tell'))).toHaveLength(1);
      const dead = await app.event(filter);
      expect(dead).toMatchObject({ state: 'dead', reason: 'attempts-used-up' });
      expect(dead.lastError).toContain('The ledger is down.');
      expect(await app.store.attempts(dead.id)).toMatchObject([
        { handler: 'Handlers.book', attempt: 1 },
        { handler: 'Handlers.book', attempt: 2 },
      ]);

      ledgerIsDown = false;
      expect(await app.store.replay({ id: dead.id })).toBe(1);
      await app.settled();
      expect(await app.event(filter)).toMatchObject({ state: 'done' });
      expect(calls.filter((call) => call === 'book')).toHaveLength(3);
      expect(calls.filter((call) => call.startsWith('tell'))).toHaveLength(1);
    });

    it('that a handler rejects is dead at once', async () => {
      const filter = await deliver('swarm.halted', { swarmId: 's_1' });
      await app.settled();
      expect(await app.event(filter)).toMatchObject({
        state: 'dead',
        reason: 'rejected',
        attempts: 1,
      });
      await eventually(
        () => Promise.resolve(dead),
        ({ length }) => length > 0,
      );
      expect(dead).toMatchObject([{ ...filter, reason: 'rejected', handler: 'Handlers.refuse' }]);
    });

    it('that is not of its documented shape is kept as dead, and no handler sees it', async () => {
      const filter = await deliver('score.changed', { agentId: 'a_1', compositeScore: 'high' });
      const sound = await deliver('score.changed', { agentId: 'a_1', compositeScore: 1 });
      await app.settled();
      expect(await app.event(filter)).toMatchObject({ state: 'dead', reason: 'invalid-payload' });
      // Handlers of the name run, and the catch-all among them sees every other event.
      expect(seen).toEqual([sound.eventId]);
      expect(dead).toMatchObject([{ reason: 'invalid-payload', eventId: filter.eventId }]);
    });

    it('of a name that nobody has documented reaches the catch-all handlers', async () => {
      const filter = await deliver('deal.accepted', { dealId: 'd_1' });
      await app.settled();
      expect(calls).toEqual(['all deal.accepted']);
      expect(await app.event(filter)).toMatchObject({ state: 'done' });
    });

    it('gets a fresh request-scoped handler each time', async () => {
      await deliver('wallet.verified', { walletAddress: '0x1' });
      await deliver('wallet.verified', { walletAddress: '0x2' });
      await app.settled();
      expect(calls).toEqual(['fresh 1', 'fresh 1']);
    });

    it('is answered while its handler still runs', async () => {
      const filter = await deliver('monitoring.alert', { alertId: 'a_1' });
      // The row reads as running from the claim on, which is before the handler is called.
      await eventually(
        () => Promise.resolve(letGo),
        (begun) => begun !== undefined,
      );
      expect(await app.event(filter)).toMatchObject({ state: 'running' });
      letGo?.();
      await app.settled();
      expect(await app.event(filter)).toMatchObject({ state: 'done' });
    });

    it('leaves the inbox in order', async () => {
      expect(await app.store.violations()).toEqual([]);
    });
  });
}
