import assert from 'node:assert/strict';
import type { WebhookSource } from '../core/index.js';

/** A body that the source must be able to read. */
export interface SampleEvent {
  readonly body: Buffer;
  /** The name that handlers are chosen by. */
  readonly name: string;
  /** The identity, where it can be told without reading the body. */
  readonly id?: string;
}

/** What the suite needs to know of a service. */
export interface ConformanceSamples {
  /** Signs as the service does; written apart from the source's own code, or it proves nothing. */
  readonly sign: (body: Buffer, secret: string) => string;
  /** Documented events, each another one. */
  readonly events: readonly SampleEvent[];
  /** Well-formed events whose names the service does not document (yet). */
  readonly unknown: readonly SampleEvent[];
  /** Documented names with payloads that are not of their shape. */
  readonly invalid: readonly SampleEvent[];
}

/** One promise that every source must keep; `run` throws where it does not. */
export interface ConformanceCheck {
  readonly name: string;
  readonly run: () => void;
}

const SECRET = 'conformance-sécret';
const LONGEST_ID = 500;

/** The suite that any `WebhookSource` must pass; run each check in a test of your framework. */
export function sourceConformance(
  source: WebhookSource,
  samples: ConformanceSamples,
): readonly ConformanceCheck[] {
  return [
    ...namingChecks(source),
    ...acceptingChecks(source, samples),
    ...refusingChecks(source, samples),
    ...readingChecks(source, samples),
    ...unreadableChecks(source, samples),
  ];
}

function namingChecks(source: WebhookSource): ConformanceCheck[] {
  return [
    check('has a lower-case name and header', () => {
      assert.match(source.name, /^[a-z][a-z0-9-]*$/);
      assert.match(source.signatureHeader, /^[a-z0-9-]+$/);
    }),
    check('names its documented events, each once', () => {
      assert.ok(source.eventNames.length > 0);
      assert.equal(new Set(source.eventNames).size, source.eventNames.length);
    }),
  ];
}

function acceptingChecks(source: WebhookSource, { sign, events }: ConformanceSamples) {
  return [
    check('accepts what the service signs', () => {
      for (const { body } of events) assert.ok(source.verify(body, sign(body, SECRET), SECRET));
    }),
    check('verifies bytes, not text: empty bodies and invalid UTF-8 too', () => {
      for (const body of [Buffer.alloc(0), Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d])]) {
        assert.ok(source.verify(body, sign(body, SECRET), SECRET));
      }
      const signature = sign(Buffer.from([0xff]), SECRET);
      assert.ok(!source.verify(Buffer.from('\ufffd'), signature, SECRET));
    }),
  ];
}

function refusingChecks(source: WebhookSource, { sign, events }: ConformanceSamples) {
  const body = firstBody(events);
  const good = sign(body, SECRET);
  const refuses = (header: string | string[] | undefined, secret = SECRET): void =>
    assert.equal(source.verify(body, header, secret), false, JSON.stringify(header));
  return [
    check('refuses every body with one byte changed', () => {
      for (let at = 0; at < body.length; at += 1) {
        assert.equal(source.verify(flipped(body, at), good, SECRET), false, `byte ${at}`);
      }
    }),
    check('refuses every signature with one character changed, left out or added', () => {
      for (let at = 0; at < good.length; at += 1) {
        const [before, after] = [good.slice(0, at), good.slice(at + 1)];
        refuses(before + after);
        refuses(before + (good[at] === '0' ? '1' : '0') + after);
        refuses(`${before} ${good.slice(at)}`);
      }
    }),
    check('refuses missing, empty, padded, doubled, listed and non-ASCII headers', () => {
      const padded = [` ${good}`, `${good} `, `${good}\n`, good.slice(0, -1), `${good}0`];
      const doubled = [good + good, `${good},${good}`, `${good}, ${good}`];
      const strange = ['', ' ', 'sha256=', 'undefined', 'é'.repeat(64), '０'.repeat(64), '\0'];
      for (const header of [...padded, ...doubled, ...strange]) refuses(header);
      refuses(undefined);
      refuses([good]);
      refuses([good, good]);
    }),
    check('refuses another secret, and an empty one whatever it signs', () => {
      refuses(sign(body, 'another'));
      refuses(sign(body, `${SECRET} `));
      refuses(sign(body, ''), '');
    }),
    check('never throws, whatever the header is', () => {
      for (const header of [null, 7, {}, { length: 71 }, Symbol('x'), good.split('')]) {
        assert.equal(source.verify(body, header as unknown as string, SECRET), false);
      }
    }),
  ];
}

function readingChecks(source: WebhookSource, samples: ConformanceSamples) {
  const { events, unknown, invalid } = samples;
  const open = (body: Buffer, account = '') => source.open({ account, body });
  return [
    check('reads its events: name, identity, the very bytes, no problems', () => {
      for (const { body, name, id } of events) {
        const event = open(body, 'acme');
        assert.deepEqual(event.problems, []);
        assert.equal(event.name, name);
        if (id !== undefined) assert.equal(event.id, id);
        assert.equal(event.source, source.name);
        assert.equal(event.account, 'acme');
        assert.ok(event.body.equals(body));
        assert.ok(source.eventNames.includes(event.name));
      }
    }),
    check('gives the same bytes the same identity, and other events another', () => {
      const ids = events.map(({ body }) => `${open(body).name} ${open(body).id}`);
      assert.deepEqual(
        events.map(({ body }) => `${open(body).name} ${open(body).id}`),
        ids,
      );
      assert.equal(new Set(ids).size, ids.length);
      for (const { body } of [...events, ...unknown, ...invalid]) {
        const { id } = open(body);
        assert.ok(id.length > 0 && id.length <= LONGEST_ID);
      }
    }),
    check(
      'reads a stored event again and again, each time the same, in an object of its own',
      () => {
        for (const { body } of [...events, ...unknown, ...invalid]) {
          const { name, account, payload, problems } = open(body, 'acme');
          const [first, second] = [1, 2].map(() => source.read({ name, account, body }));
          assert.deepEqual(first?.payload, payload);
          assert.deepEqual(first?.problems, problems);
          assert.deepEqual(second, first);
          assert.notEqual(second?.payload, first?.payload);
        }
      },
    ),
    check('gives an event with problems another identity than a sound one has', () => {
      const sound = new Set(events.map(({ body }) => open(body).id));
      for (const { body } of invalid) assert.ok(!sound.has(open(body).id));
    }),
    check('reads names that nobody documents, without problems', () => {
      for (const { body, name } of unknown) {
        assert.equal(open(body).name, name);
        assert.deepEqual(open(body).problems, []);
      }
    }),
    check('names the problems of a payload, and never its values', () => {
      for (const { body, name } of invalid) {
        const event = open(body);
        assert.equal(event.name, name);
        assert.ok(event.problems.length > 0, name);
        assert.ok(!event.problems.join(' ').includes('CANARY'));
      }
    }),
  ];
}

function unreadableChecks(source: WebhookSource, { events }: ConformanceSamples) {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const texts = [
    '',
    ' ',
    'null',
    '7',
    '"x"',
    '[]',
    '{}',
    '{"event":""}',
    '{"event":7}',
    'not json',
    deep,
  ];
  const names = ['\u0000', 'a\nb', '\ud800', 'x'.repeat(1_000)];
  const bodies = [
    ...texts.map((text) => Buffer.from(text)),
    ...names.map((event) => Buffer.from(JSON.stringify({ event }))),
    Buffer.from([0x7b, 0xff, 0x7d]),
    firstBody(events).subarray(0, -1),
  ];
  return [
    check('says so by the error of that code when the bytes are no event', () => {
      for (const body of bodies) {
        assert.throws(() => source.open({ account: '', body }), {
          code: 'ARMOX_ARMALO_ENVELOPE',
        });
      }
    }),
    check('keeps __proto__ out of what handlers get', () => {
      const text = firstBody(events).toString();
      for (const key of ['__proto__', '__\\u0070roto__']) {
        const body = Buffer.from(text.replace('{', `{"${key}":{"polluted":true},`));
        const payload = source.open({ account: '', body }).payload as Record<string, unknown>;
        assert.ok(!Object.hasOwn(payload, '__proto__'));
        assert.equal(payload['polluted'], undefined);
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      }
    }),
  ];
}

function check(name: string, run: () => void): ConformanceCheck {
  return { name, run };
}

function firstBody(events: readonly SampleEvent[]): Buffer {
  assert.ok(events[0], 'The suite needs at least one sample event.');
  return events[0].body;
}

function flipped(body: Buffer, at: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
