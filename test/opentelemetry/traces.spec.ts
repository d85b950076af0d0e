import type { Server } from 'node:http';
import { inspect } from 'node:util';
import { Injectable } from '@nestjs/common';
import { SpanKind, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { OnArmaloEvent, RejectEventError, type HandlerContext } from 'nestjs-armox-armalo';
import { ArmoxArmaloOpenTelemetryModule } from 'nestjs-armox-armalo/opentelemetry';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET, type Wanted } from '../flow/application.js';
import { instrument, Traced } from './trace.recorder.js';

const PRIVATE = 'what nobody but the handler may read';
const imports = [ArmoxArmaloOpenTelemetryModule];

/** What a library does that the handler uses. */
const workOn = async ({ eventId }: HandlerContext): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  trace.getTracer('application').startSpan('work', { attributes: { eventId } }).end();
};

let fails = false;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  async plain(_event: unknown, context: HandlerContext) {
    await workOn(context);
    if (fails) throw new TypeError(PRIVATE);
  }

  @OnArmaloEvent('pact.cosigned', { transactional: true })
  transactional(_event: unknown, context: HandlerContext) {
    return workOn(context);
  }

  @OnArmaloEvent('escrow.released', { transactional: 'grouped' })
  grouped(_event: unknown, context: HandlerContext) {
    return workOn(context);
  }

  @OnArmaloEvent('escrow.funded')
  rejects() {
    throw new RejectEventError(PRIVATE);
  }
}

let deliveries = 0;
const delivery = (event: string) =>
  armaloRequest(
    {
      event,
      timestamp: '2026-11-22T10:00:00.000Z',
      data: { pactId: PRIVATE, escrowId: PRIVATE, agentId: `agent_${deliveries++}` },
    },
    ARMALO_SECRET,
  );

const contextOf = (span: ReadableSpan | undefined) => {
  const { traceId, spanId } = span?.spanContext() ?? {};
  return { traceId, spanId };
};

const linksOf = (span: ReadableSpan | undefined) =>
  span?.links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The traces of events', () => {
    const running: Application[] = [];
    let traced: Traced;
    let database: TestDatabase;

    const start = async (wanted: Partial<Wanted> = {}) => {
      const app = await Application.start({ database, imports, ...wanted });
      running.push(app);
      instrument(app.nest.getHttpServer() as Server);
      return app;
    };
    const stop = async (app: Application) => {
      running.splice(running.indexOf(app), 1);
      await app.close();
    };
    const receiver = () => start({ options: { worker: false } });
    const worker = () =>
      start({
        providers: [Handlers],
        options: { worker: { retry: { delay: 1, jitter: 0 }, pollInterval: 20 } },
      });

    beforeAll(() => (traced = new Traced()));
    beforeEach(async () => {
      database = await kind.create();
      traced.forget();
      fails = false;
    });
    afterEach(async () => {
      for (const app of running.splice(0)) await app.close();
      await database.drop();
    });
    afterAll(() => traced.end());

    it('lead from the attempts of one replica to the delivery that another one took', async () => {
      const one = await receiver();
      await one.post('/webhooks/armalo', delivery('pact.violated'));
      const [http] = await traced.until('POST', 1);
      const [sent] = traced.spans('send armalo');
      expect(sent?.kind).toBe(SpanKind.PRODUCER);
      expect(sent?.spanContext().traceId).toBe(http?.spanContext().traceId);
      expect(sent?.parentSpanContext?.spanId).toBe(http?.spanContext().spanId);
      expect(traced.spans('process armalo')).toEqual([]);

      await stop(one);
      await worker();
      const [processed] = await traced.until('process armalo', 1);
      expect(processed?.kind).toBe(SpanKind.CONSUMER);
      expect(processed?.parentSpanContext).toBeUndefined();
      expect(processed?.spanContext().traceId).not.toBe(sent?.spanContext().traceId);
      expect(linksOf(processed)).toEqual([contextOf(sent)]);
      const id = processed?.attributes['messaging.message.id'];
      expect(sent?.attributes).toMatchObject({
        'messaging.system': 'armox_armalo',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'armalo',
        'messaging.message.id': id,
        'armox_armalo.outcome': 'stored',
      });
      expect(processed?.attributes).toMatchObject({
        'messaging.operation.type': 'process',
        'armox_armalo.event.name': 'pact.violated',
        'armox_armalo.attempt': 1,
      });
    });

    it('have each attempt by itself, also after a restart, linked to the same delivery', async () => {
      fails = true;
      const one = await worker();
      await one.post('/webhooks/armalo', delivery('pact.violated'));
      await traced.until('process armalo', 1);
      await stop(one);
      fails = false;
      const before = traced.spans('process armalo').length;
      await worker();
      const attempts = await traced.until('process armalo', before + 1);
      const [sent] = traced.spans('send armalo');
      expect(attempts.map(linksOf)).toEqual(attempts.map(() => [contextOf(sent)]));
      const traces = new Set(attempts.map((span) => span.spanContext().traceId));
      expect(traces.size).toBe(attempts.length);
      const numbers = attempts.map((span) => span.attributes['armox_armalo.attempt']);
      expect(numbers).toEqual(attempts.map((_span, at) => at + 1));
    });

    it.each(['pact.violated', 'pact.cosigned', 'escrow.released'])(
      'have what the handlers of %s do as a part of the attempt, many at once',
      async (name) => {
        const one = await receiver();
        await Promise.all(
          Array.from({ length: 20 }, () => one.post('/webhooks/armalo', delivery(name))),
        );
        await worker();
        const attempts = await traced.until('process armalo', 20);
        const eventOf = new Map(
          attempts.map((span) => [
            span.spanContext().spanId,
            span.attributes['armox_armalo.event.id'],
          ]),
        );
        const works = traced.spans('work');
        expect(works).toHaveLength(20);
        const wrong = works.filter(
          ({ parentSpanContext, attributes }) =>
            eventOf.get(parentSpanContext?.spanId ?? '') !== attributes['eventId'],
        );
        expect(wrong).toEqual([]);
      },
    );

    it('say which handler failed and with what kind of error, and never what it said', async () => {
      const app = await worker();
      await app.post('/webhooks/armalo', delivery('escrow.funded'));
      const [attempt] = await traced.until('process armalo', 1);
      expect(attempt?.status).toEqual({ code: 2 });
      expect(attempt?.attributes['error.type']).toBe('ARMOX_ARMALO_REJECT_EVENT');
      expect(attempt?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
        [
          'exception',
          {
            'exception.type': 'ARMOX_ARMALO_REJECT_EVENT',
            'messaging.consumer.group.name': 'Handlers.rejects',
          },
        ],
      ]);
      await traced.until('settle', 1);
      const told = traced
        .spans()
        .map(({ name, attributes, events, status }) => [name, attributes, events, status]);
      const text = inspect(told, { depth: Infinity, maxStringLength: null });
      expect(text).not.toContain(PRIVATE);
      expect(text).not.toContain(ARMALO_SECRET);
    });

    it('have one span for the claim and one for the settle of many events', async () => {
      const one = await receiver();
      await Promise.all(
        Array.from({ length: 10 }, () => one.post('/webhooks/armalo', delivery('pact.violated'))),
      );
      await worker();
      await traced.until('process armalo', 10);
      const sizes = (name: string) =>
        traced.spans(name).map(({ attributes }) => attributes['messaging.batch.message_count']);
      const sum = (name: string) =>
        sizes(name).reduce<number>((total, size) => total + Number(size), 0);
      while (sum('settle') < 10) await new Promise((resolve) => setImmediate(resolve));
      expect(sizes('claim')).toEqual([10]);
      expect(sizes('settle').length).toBeLessThan(10);
    });

    it('are nowhere without the module', async () => {
      const app = await start({ imports: [], providers: [Handlers] });
      await app.post('/webhooks/armalo', delivery('pact.violated'));
      await app.settled();
      expect([...traced.spans('send armalo'), ...traced.spans('process armalo')]).toEqual([]);
      const rows: unknown = await app.dataSource.query(
        'SELECT trace_context FROM armox_armalo_inbox',
      );
      expect(rows).toEqual([{ trace_context: null }]);
    });
  });
}
