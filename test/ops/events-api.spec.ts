import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OnArmaloEvent, RejectEventError, RetryLaterError } from 'nestjs-armox-armalo';
import type { EventsView, EventView } from '../../lib/ops/api.types.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { OpsClient, OPERATOR, VIEWER } from './ops-client.js';

const HOUR = 3_600_000;
let broken = true;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {
    if (broken) throw new RejectEventError('The release has a <b>fault</b>.');
  }

  @OnArmaloEvent('pact.anchored')
  updated() {
    if (broken) throw new RetryLaterError(HOUR);
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The API of the events', () => {
    let database: TestDatabase;
    let app: Application;
    let client: OpsClient;

    const deliver = async (event: string, pactId: string, rest = '') => {
      const body = `{"event":"${event}","timestamp":"2026-11-22T10:00:00.000Z","data":{"pactId":"${pactId}","agentId":"a1"${rest}}}`;
      const answer = await app.post('/webhooks/armalo', armaloRequest(body, ARMALO_SECRET));
      expect(answer.status).toBe(200);
    };
    const onlyOne = async (query: string): Promise<EventView> => {
      const { events } = await client.get<EventsView>(`api/events?${query}`);
      expect(events).toHaveLength(1);
      return client.get<EventView>(`api/events/${events[0]?.id}`);
    };

    beforeAll(async () => {
      broken = true;
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Handlers],
        options: {
          release: '1.4.2',
          ops: { access: [OPERATOR, VIEWER], mask: ['card'] },
          worker: { lease: HOUR, pollInterval: HOUR },
        },
      });
      client = new OpsClient(`${app.url}/ops`);
      await deliver('pact.violated', 'p1', ',"big":12345678901234567890,"card":{"number":"4111"}');
      await deliver('pact.violated', 'p2');
      await deliver('pact.unheard', 'p3');
      await app.untilNoneRuns();
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    it('lists them newest first, filtered by what stands in the URL, part by part', async () => {
      const all = await client.get<EventsView>('api/events');
      expect(all.events.map(({ name }) => name)).toEqual([
        'pact.unheard',
        'pact.violated',
        'pact.violated',
      ]);
      expect(all.next).toBeNull();
      const first = await client.get<EventsView>('api/events?name=pact.violated&limit=1');
      const second = await client.get<EventsView>(
        `api/events?name=pact.violated&limit=1&after=${first.next}`,
      );
      expect(second.events).toHaveLength(1);
      expect(second.events[0]?.id).not.toBe(first.events[0]?.id);
      await expect(client.get('api/events/count?state=dead')).resolves.toEqual({
        count: 2,
        more: false,
      });
    });

    it('says in one sentence how an event ended', async () => {
      const dead = await client.get<EventsView>('api/events?state=dead');
      const event = await client.get<EventView>(`api/events/${dead.events[0]?.id}`);
      expect(event.headline).toMatch(/^Dead: a handler has rejected it for good: .*fault/);
      expect(event.attemptsMade).toMatchObject([
        { handler: 'Handlers.violated', attempt: 1, release: '1.4.2' },
      ]);
      expect(event.release).toBe('1.4.2');
      await expect(client.get('api/session')).resolves.toMatchObject({ release: '1.4.2' });
      expect(event.handlers).toEqual([
        { name: 'Handlers.violated', state: 'open', transactional: false },
      ]);
      const ignored = await onlyOne('name=pact.unheard');
      expect(ignored.headline).toBe('Ignored: there is no handler for pact.unheard.');
    });

    it('shows payloads as they came, big integers too, and dots for masked fields', async () => {
      const { events } = await client.get<EventsView>('api/events?state=dead');
      const event = await client.get<EventView>(`api/events/${events.at(-1)?.id}`);
      expect(event.payload).toContain('"big": 12345678901234567890');
      expect(event.payload).toContain('"card": "•••"');
      expect(JSON.stringify(event)).not.toContain('4111');
      expect(event.curl).toContain('curl -X POST');
      const file = await client.fetch(`api/events/${event.id}/fixture`);
      expect(file.headers.get('content-disposition')).toMatch(
        /^attachment; filename="pact.violated-/,
      );
      expect(await file.text()).toBe(event.payload);
    });

    it('replays and discards one event, and says where that does nothing', async () => {
      const { events } = await client.get<EventsView>('api/events?state=dead');
      const [replayed, discarded] = events.map(({ id }) => id);
      expect((await client.post(`api/events/${discarded}/discard`)).status).toBe(200);
      await expect(client.get(`api/events/${discarded}`)).resolves.toMatchObject({
        headline: 'Ignored: an operator has discarded it.',
      });
      expect((await client.post(`api/events/${discarded}/discard`)).status).toBe(409);
      broken = false;
      expect((await client.post(`api/events/${replayed}/replay`)).status).toBe(200);
      await app.settled();
      await expect(client.get(`api/events/${replayed}`)).resolves.toMatchObject({
        headline: 'Done: every handler has succeeded, after 1 attempt.',
      });
      broken = true;
    });

    it('says why an event is pending, and runs it now when asked to', async () => {
      await deliver('pact.anchored', 'p4');
      await app.untilNoneRuns();
      const waiting = await onlyOne('name=pact.anchored');
      expect(waiting.headline).toMatch(
        /^Pending: put off by its handler; due at 20.* UTC; it said: /,
      );
      broken = false;
      expect((await client.post(`api/events/${waiting.id}/retry`)).status).toBe(200);
      await app.settled();
      await expect(client.get(`api/events/${waiting.id}`)).resolves.toMatchObject({
        state: 'done',
      });
    });

    it('refuses what it does not understand, and says what there is', async () => {
      const status = async (path: string) => (await client.fetch(path)).status;
      expect(await status('api/events?state=lost')).toBe(400);
      expect(await status('api/events?limit=0')).toBe(400);
      expect(await status('api/events?after=x')).toBe(400);
      expect(await status('api/events?receivedSince=yesterday')).toBe(400);
      expect(await status('api/events/999999')).toBe(404);
      expect(await status('api/nothing')).toBe(404);
    });
  });
}
