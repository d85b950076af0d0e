import { Injectable } from '@nestjs/common';
import type { Attributes } from '@opentelemetry/api';
import {
  type EventFeed,
  InboxAdmin,
  OnArmaloEvent,
  Reconciler,
  RejectEventError,
  undocumentedEvent,
} from 'nestjs-armox-armalo';
import { ArmoxArmaloOpenTelemetryModule } from 'nestjs-armox-armalo/opentelemetry';
import { METRICS } from '../../lib/opentelemetry/metric.definitions.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { Measured } from './metric.reader.js';

const PRIVATE = 'what nobody but the handler may read';

@Injectable()
class Handlers {
  private failed = false;

  @OnArmaloEvent('pact.violated', { retry: { delay: 1, jitter: 0 } })
  failsOnce() {
    if (this.failed) return;
    this.failed = true;
    throw new TypeError(PRIVATE);
  }

  @OnArmaloEvent('escrow.funded')
  rejects() {
    throw new RejectEventError(PRIVATE);
  }

  @OnArmaloEvent(undocumentedEvent('pact.renewed'))
  newer() {}
}

const feed: EventFeed = {
  ...{ name: 'armalo-more', source: 'armalo', account: '' },
  async *poll() {},
};

const delivery = (event: string, secret = ARMALO_SECRET) =>
  armaloRequest(
    { event, timestamp: '2026-11-22T10:00:00.000Z', data: { pactId: PRIVATE, agentId: 'a' } },
    secret,
  );

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The metrics of an application', () => {
    let measured: Measured;
    let database: TestDatabase;
    let app: Application;
    const post = (event: string, secret?: string) =>
      app.post('/webhooks/armalo', delivery(event, secret));
    const sum = ({ name }: { readonly name: string }, attributes?: Attributes) =>
      measured.sum(name, attributes);
    const until = async (metric: { readonly name: string }, wanted: number, about?: Attributes) => {
      while ((await sum(metric, about)) < wanted) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    beforeAll(async () => {
      measured = new Measured();
      database = await kind.create();
      const imports = [ArmoxArmaloOpenTelemetryModule];
      const reconcile = { interval: 86_400_000, feeds: [feed] };
      const options = { reconcile };
      app = await Application.start({ database, imports, providers: [Handlers], options });
      await post('pact.violated');
      await post('pact.violated');
      await post('pact.violated', 'another secret');
      await app.post('/webhooks/armalo', armaloRequest('no event', ARMALO_SECRET));
      await post('escrow.funded');
      await post('pact.renewed');
      await post('made.up');
      await until(METRICS.settled, 4);
      await app.nest.get(InboxAdmin).replay({ name: 'escrow.funded' });
      await until(METRICS.settled, 5);
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
      await measured?.end();
    });

    it('count each delivery by what became of it', async () => {
      const outcomes = { stored: 4, duplicate: 1, forged: 1, unreadable: 1, unavailable: 0 };
      for (const [outcome, count] of Object.entries(outcomes)) {
        const about = { 'armox_armalo.source': 'armalo', 'armox_armalo.outcome': outcome };
        expect([outcome, await sum(METRICS.ingestDeliveries, about)]).toEqual([outcome, count]);
      }
      await until(METRICS.ingestDuration, 7);
      expect(await sum(METRICS.ingestDuration, { 'http.response.status_code': 200 })).toBe(5);
      expect(await sum(METRICS.ingestDuration, { 'http.response.status_code': 401 })).toBe(1);
    });

    it('time each handler as the messaging conventions say, with the kind of its error', async () => {
      const points = await measured.points('messaging.process.duration');
      const about = (handler: string, event: string, errorType?: string) => ({
        'messaging.system': 'armox_armalo',
        'messaging.operation.name': 'process',
        'messaging.destination.name': 'armalo',
        'messaging.consumer.group.name': `Handlers.${handler}`,
        'armox_armalo.event.name': event,
        ...(errorType && { 'error.type': errorType }),
      });
      const counted = points.map(({ attributes, value }) => [
        attributes,
        typeof value === 'number' ? value : value.count,
      ]);
      expect(counted).toHaveLength(4);
      expect(counted).toEqual(
        expect.arrayContaining([
          [about('failsOnce', 'pact.violated', 'TypeError'), 1],
          [about('failsOnce', 'pact.violated'), 1],
          [about('rejects', 'escrow.funded', 'ARMOX_ARMALO_REJECT_EVENT'), 2],
          [about('newer', 'pact.renewed'), 1],
        ]),
      );
      expect(await measured.sum('messaging.client.consumed.messages')).toBe(5);
      const [first] = points;
      expect(first?.value).toMatchObject({
        buckets: { boundaries: expect.arrayContaining([0.005, 10, 300]) as unknown },
      });
    });

    it('count what ends, and why, and under one name what no service documents', async () => {
      const ended = (outcome: string, about: Attributes) =>
        sum(METRICS.settled, { 'armox_armalo.outcome': outcome, ...about });
      expect(await ended('done', { 'armox_armalo.event.name': 'pact.violated' })).toBe(1);
      expect(await ended('done', { 'armox_armalo.event.name': 'pact.renewed' })).toBe(1);
      expect(
        await ended('ignored', {
          'armox_armalo.event.name': '_other',
          'armox_armalo.reason': 'no-handler',
        }),
      ).toBe(1);
      expect(await ended('dead', { 'armox_armalo.reason': 'rejected' })).toBe(2);
      expect(await sum(METRICS.retries, { 'armox_armalo.outcome': 'retry' })).toBe(1);
      expect(await sum(METRICS.replays)).toBe(1);
      expect(await sum(METRICS.waitDuration)).toBe(6);
    });

    it('tell how many events are in each state, and zero where there is none', async () => {
      const points = await measured.points(METRICS.eventCount.name);
      const ofArmalo = points.filter(
        ({ attributes }) => attributes['armox_armalo.source'] === 'armalo',
      );
      const counts = ofArmalo.map(({ attributes, value }) => [
        attributes['armox_armalo.state'],
        value,
      ]);
      expect(Object.fromEntries(counts)).toEqual({
        ...{ open: 0, running: 0, waiting: 0 },
        ...{ done: 2, ignored: 1, dead: 1 },
      });
      expect(points).toHaveLength(2 * 6);
    });

    it('begin at zero what is rare, so that a rate sees the first one', async () => {
      const zeros = async ({ name }: { readonly name: string }, about: Attributes) =>
        (await measured.points(name)).filter(
          ({ value, attributes }) =>
            value === 0 && Object.entries(about).every(([key, of]) => attributes[key] === of),
        );
      const ofArmox = { 'armox_armalo.source': 'armox' };
      expect(await zeros(METRICS.ingestDeliveries, ofArmox)).toHaveLength(9);
      expect(await zeros(METRICS.leaseLost, ofArmox)).toHaveLength(1);
      expect(await zeros(METRICS.repairs, { 'armox_armalo.feed': 'armalo-more' })).toHaveLength(1);
    });

    it('tell how old the backlog and the last poll are, and that the database answers', async () => {
      const before = await measured.points(METRICS.reconcileAge.name);
      await app.nest.get(Reconciler).reconcileNow();
      const after = await measured.points(METRICS.reconcileAge.name);
      expect([before.length, after.length]).toEqual([0, 1]);
      expect(await measured.points(METRICS.backlogAge.name)).toHaveLength(2);
      expect(await sum(METRICS.databaseUp)).toBe(1);
    });

    it('tell how much the worker does, and could do', async () => {
      expect(await sum(METRICS.workerUsage)).toBe(0);
      expect(await sum(METRICS.workerLimit)).toBe(50);
    });

    it('never hold a payload, nor what nobody has bounded', async () => {
      const attributes: Attributes[] = [];
      for (const name of await measured.names()) {
        attributes.push(...(await measured.points(name)).map((point) => point.attributes));
      }
      const text = JSON.stringify(attributes);
      expect(attributes.length).toBeGreaterThan(20);
      for (const secret of [PRIVATE, ARMALO_SECRET, 'made.up']) expect(text).not.toContain(secret);
      const known = new Set<string>(Object.values(METRICS).flatMap((metric) => metric.attributes));
      expect(
        attributes.flatMap((each) => Object.keys(each)).filter((key) => !known.has(key)),
      ).toEqual([]);
    });
  });
}
