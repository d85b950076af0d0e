import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { armaloSource, type AnyArmaloEvent } from '../../lib/sources/armalo/index.js';
import { armoxOutputUrls, armoxSource, type AnyArmoxEvent } from '../../lib/sources/armox/index.js';

const body = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const armox = (value: unknown, options = {}) =>
  armoxSource(options).open({ account: '', body: body(value) });
const armalo = (value: unknown, options = {}) =>
  armaloSource(options).open({ account: '', body: body(value) });

const timestamp = '2026-03-16T10:05:00.000Z';
const score = { agentId: 'a', compositeScore: 862 };

describe("Armox's events", () => {
  const sent = (event: string, job: object) => armox({ event, job: { id: 'j', ...job } });

  it.each([
    ['job.completed', 'completed', 'job.completed', 'j:completed'],
    ['job.completed', 'failed', 'job.failed', 'j:failed'],
    ['job.completed', 'cancelled', 'job.cancelled', 'j:cancelled'],
    ['job.completed', 'canceled', 'job.cancelled', 'j:cancelled'],
    ['job.updated', 'processing', 'job.processing', 'j:processing'],
    ['job.failed', undefined, 'job.failed', 'j:failed'],
    ['job.canceled', undefined, 'job.cancelled', 'j:cancelled'],
    ['job.progress', 'rendering', 'job.progress', 'j:rendering'],
    ['job.completed', 'expired', 'job.expired', 'j:expired'],
  ])('%s with status %s is handled as %s', (event, status, name, id) => {
    expect(sent(event, { status })).toMatchObject({ name, id, payload: { event: name } });
  });

  it('has one result, whichever field brought it', () => {
    const jobOf = (job: object) => (sent('job.completed', job).payload as AnyArmoxEvent).job;
    const output = { outputImage: 'https://a.example/1.png' };
    expect(jobOf({ output })).toEqual({ id: 'j', status: 'completed', output });
    expect(jobOf({ output_data: output, output: null })).toMatchObject({ output });
    expect(jobOf({ status: 'processing' })).toMatchObject({ output: null, status: 'processing' });
    expect(jobOf({ brand_new: 1 })).toMatchObject({ brand_new: 1 });
  });

  it('is sound with an output that is a text or a list, which stands under one key', () => {
    const jobOf = (job: object) => sent('job.completed', job);
    const link = 'https://a.example/1.png';
    expect(jobOf({ output: link })).toMatchObject({
      problems: [],
      payload: { job: { output: { value: link } } },
    });
    expect(jobOf({ output_data: [link] })).toMatchObject({
      problems: [],
      payload: { job: { output: { value: [link] } } },
    });
  });

  it('takes a number as id for its text, as the client does', () => {
    expect(sent('job.completed', { id: 77 })).toMatchObject({
      id: '77:completed',
      problems: [],
      payload: { job: { id: '77' } },
    });
  });

  it('keeps ids apart that hold the sign which joins them to the status', () => {
    const one = sent('job.x', { id: 'a:b', status: 'c' });
    const other = sent('job.x', { id: 'a', status: 'b:c' });
    expect(one.id).toBe('a%3Ab:c');
    expect(other.id).toBe('a:b%3Ac');
    expect(sent('job.x', { id: 'a%3Ab', status: 'c' }).id).toBe('a%253Ab:c');
  });

  it('takes the time of the event from where the job says it', () => {
    const at = Date.UTC(2026, 2, 26, 12, 45);
    const iso = '2026-03-26T12:45:00.000Z';
    expect(sent('job.completed', { completed_at: iso }).occurredAt).toBe(at);
    expect(sent('job.cancelled', { cancelled_at: '2026-03-26T12:45:00.000' }).occurredAt).toBe(at);
    expect(sent('job.completed', { completed_at: at / 1_000 })).toMatchObject({
      occurredAt: at,
      problems: [],
      payload: { job: { completed_at: iso } },
    });
    expect(sent('job.completed', {})).not.toHaveProperty('occurredAt');
  });

  it('keeps events of another kind apart from the job that they mention', () => {
    const [one, two] = [1, 2].map((n) => armox({ event: 'asset.stored', n, job: { id: 'j' } }));
    expect(one).toMatchObject({ name: 'asset.stored', problems: [] });
    expect(one?.id).not.toBe(two?.id);
    expect(one?.id).not.toBe('j:completed');
  });

  it('reads outputs however deep they are, and finds their URLs', () => {
    const deep = `{"event":"job.completed","job":{"id":"j","output":{"a":${'['.repeat(90_000)}${']'.repeat(90_000)}}}}`;
    expect(armox(deep)).toMatchObject({ id: 'j:completed', problems: [] });
    const nodes = { one: { outputImage: 'https://a/1' }, two: { outputVideo: 'http://a/2' } };
    const output = { text: 'no url', node_outputs: nodes, again: ['https://a/1'] };
    expect(armoxOutputUrls(output)).toEqual(['https://a/1', 'http://a/2']);
    expect(armoxOutputUrls(null)).toEqual([]);
  });

  it('is not led astray by a key called constructor', () => {
    const output = { constructor: 5, then: 1 };
    expect(sent('job.completed', { output, constructor: 'x' }).problems).toEqual([]);
  });
});

describe("Armalo's events", () => {
  it('are told apart by evaluation, or by their bytes', () => {
    const evaluation = { evalId: 'e', agentId: 'a', passed: true, checksTotal: 1, checksPassed: 1 };
    expect(armalo({ event: 'eval.completed', timestamp, data: evaluation }).id).toBe(
      'eval.completed:e',
    );
    expect(armalo({ event: 'eval.failed', timestamp, data: { id: 'e' } }).id).toBe('eval.failed:e');
    const changed = { event: 'score.changed', timestamp, data: score };
    const hash = createHash('sha256').update(JSON.stringify(changed)).digest('hex');
    expect(armalo(changed).id).toBe(`score.changed:${hash}`);
  });

  it('have a time and data, or a problem that names the field', () => {
    const good = { event: 'score.changed', timestamp, data: score };
    expect(armalo(good).occurredAt).toBe(Date.parse(timestamp));
    for (const timestamp of ['soon', 7, null, undefined, {}, 1e18]) {
      const event = armalo({ ...good, timestamp });
      expect(event.problems).toEqual([expect.stringMatching(/^timestamp must be /)]);
      expect(event).not.toHaveProperty('occurredAt');
    }
    for (const data of [[], null, undefined, 'CANARY']) {
      expect(armalo({ ...good, data }).problems).toEqual(['data must be an object']);
    }
    expect(armalo(`\ufeff${JSON.stringify(good)}`).payload).toEqual(good);
  });

  it.each([
    ['seconds', 1_773_655_500],
    ['milliseconds', 1_773_655_500_000],
    ['seconds in a text', '1773655500'],
    ['fractions of seconds', 1_773_655_500.0],
  ])('may have a time in %s since 1970, which handlers get as ISO 8601', (_unit, timestamp) => {
    const event = armalo({ event: 'score.changed', timestamp, data: score });
    expect(event.problems).toEqual([]);
    expect(event.occurredAt).toBe(1_773_655_500_000);
    expect(event.payload).toMatchObject({ timestamp: '2026-03-16T10:05:00.000Z', data: score });
  });

  it('of unknown names come as they are, with a time, without one, and without data', () => {
    expect(armalo({ event: 'ping' })).toMatchObject({ name: 'ping', problems: [] });
    expect(armalo({ event: 'ping' })).not.toHaveProperty('occurredAt');
    const odd = { event: 'ping', timestamp: 'soon', data: ['x'], hook: 7 };
    expect(armalo(odd)).toMatchObject({ name: 'ping', payload: odd, problems: [] });
    // A catch-all handler, and `orderingKey`, may look into `data` without asking whether it is there.
    expect(armalo({ event: 'ping', data: null }, { orderingKey: byAgent }).payload).toMatchObject({
      data: {},
    });
  });

  it('may leave out, or null, what Armalo leaves open', () => {
    const nulls = { certificationTier: null, previousScore: null, dimensions: null };
    const events = [
      { event: 'score.changed', data: { ...score, ...nulls } },
      {
        event: 'eval.completed',
        data: {
          evalId: 'e',
          agentId: 'a',
          pactId: null,
          passed: false,
          checksTotal: 0,
          checksPassed: 0,
        },
      },
      { event: 'pact.violated', data: { pactId: 7, whatever: [] } },
      { event: 'escrow.released', data: {} },
    ];
    for (const event of events) expect(armalo({ timestamp, ...event }).problems).toEqual([]);
  });

  it('are given to handlers whole, as plain objects', () => {
    const sent = {
      event: 'score.changed',
      timestamp,
      trace: 't',
      data: { ...score, extra: { a: 1 } },
    };
    const { payload } = armalo(sent);
    expect(payload).toStrictEqual(sent);
    expect(Object.getPrototypeOf((payload as AnyArmaloEvent).data)).toBe(Object.prototype);
  });

  it('say what is wrong by field and rule', () => {
    const data = { agentId: 3, dimensions: { a: 'x' } };
    expect(armalo({ event: 'score.changed', timestamp, data }).problems).toEqual([
      'data.agentId breaks isString',
      'data.compositeScore breaks isNumber',
      'data.dimensions breaks isNumberRecord',
    ]);
  });
});

describe('an event whose payload is not of its shape', () => {
  const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

  it('does not take the identity of the sound one that may follow', () => {
    const broken = { event: 'job.completed', job: { id: 'j', completed_at: 'soon' } };
    expect(armox(broken).problems).not.toEqual([]);
    expect(armox(broken).id).toBe(`job.completed:invalid:${hash(broken)}`);
    const evaluation = { event: 'eval.completed', timestamp, data: { evalId: 'e' } };
    expect(armalo(evaluation).id).toBe(`eval.completed:invalid:${hash(evaluation)}`);
    expect(armalo({ event: 'eval.failed', timestamp, data: { id: 'invalid:1' } }).id).toBe(
      'eval.failed:invalid%3A1',
    );
  });
});

const byAgent = ({ data }: AnyArmaloEvent) => data.agentId;

describe('what the application decides', () => {
  const changed = { event: 'score.changed', timestamp, data: score };
  const ownId = armalo(changed).id;
  let warnings: string[];

  beforeEach(() => {
    warnings = [];
    jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((line: unknown) => void warnings.push(String(line)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is the identity and the ordering key', () => {
    const identify = (event: AnyArmaloEvent) => `${event.event}/${event.timestamp}`;
    expect(armalo(changed, { identify, orderingKey: byAgent })).toMatchObject({
      id: `score.changed/${timestamp}`,
      orderKey: 'a',
    });
    expect(armalo(changed, { orderingKey: () => undefined })).not.toHaveProperty('orderKey');
    expect(warnings).toEqual([]);
  });

  it('may be a number, which is as good as its text', () => {
    expect(armalo(changed, { identify: () => 7, orderingKey: () => 12.5 })).toMatchObject({
      id: '7',
      orderKey: '12.5',
    });
    expect(warnings).toEqual([]);
  });

  it('is not asked about payloads that are not of their shape', () => {
    const fail = () => {
      throw new Error('asked');
    };
    const odd = { event: 'score.changed', timestamp, data: {} };
    expect(armalo(odd, { identify: fail, orderingKey: fail }).problems).not.toEqual([]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['an empty text', () => ''],
    ['NaN', () => NaN],
    ['an object', () => ({ CANARY: 1 })],
    ['a promise', () => Promise.resolve('CANARY')],
    ['a promise', () => Promise.reject(new Error('CANARY'))],
    ['a text of more than 500 characters', () => 'C'.repeat(501)],
    ['a text with control characters', () => 'CANARY\n'],
    ['a boolean', () => true],
  ])('keeps no event out when it is %s: it is told once, and without the value', (what, answer) => {
    const source = armaloSource({
      identify: answer as never,
      orderingKey: answer as never,
    });
    for (const _delivery of [1, 2]) {
      const event = source.open({ account: '', body: body(changed) });
      expect(event).toMatchObject({ id: ownId, problems: [] });
      expect(event).not.toHaveProperty('orderKey');
    }
    expect(warnings).toHaveLength(2);
    for (const option of ['identify', 'orderingKey']) {
      expect(warnings).toContainEqual(
        expect.stringMatching(new RegExp(`^Option \`armalo\\.${option}\` gave ${what}`)),
      );
    }
    expect(warnings.join()).not.toContain('CANARY');
  });

  it('keeps no event out when it throws, of which the place is told and not the message', () => {
    const source = armaloSource({
      orderingKey: () => {
        throw new RangeError('CANARY');
      },
    });
    for (const _delivery of [1, 2]) {
      expect(source.open({ account: '', body: body(changed) })).toMatchObject({ id: ownId });
    }
    expect(warnings).toEqual([
      expect.stringMatching(/^Option `armalo\.orderingKey` threw RangeError .*events\.spec/),
    ]);
    expect(warnings.join()).not.toContain('CANARY');
  });
});

describe('a stored event', () => {
  it('is read, and never identified or ordered again', () => {
    const asked: string[] = [];
    const source = armaloSource({
      identify: () => (asked.push('identify'), 'x'),
      orderingKey: () => (asked.push('orderingKey'), 'y'),
    });
    const changed = { event: 'score.changed', timestamp, data: score };
    const { name, account, body: bytes } = source.open({ account: 'acme', body: body(changed) });
    expect(asked).toEqual(['identify', 'orderingKey']);
    expect(source.read({ name, account, body: bytes })).toEqual({ payload: changed, problems: [] });
    expect(asked).toEqual(['identify', 'orderingKey']);
  });

  it('is of the name that its row says', () => {
    const stored = {
      name: 'job.completed',
      account: '',
      body: body({ event: 'job.failed', job: { id: 'j' } }),
    };
    expect(armoxSource().read(stored).payload).toMatchObject({ event: 'job.completed' });
  });
});

describe('the order of an Armox job', () => {
  const sent = (status: string, options = {}) =>
    armox({ event: `job.${status}`, job: { id: 'a:j', status } }, options);
  const read = (status: string, options = {}) =>
    armoxSource(options).read({ name: `job.${status}`, account: '', body: sent(status).body });

  it('is one at a time, unless the application orders by something else or wants them all', () => {
    expect(sent('processing')).toMatchObject({ orderKey: 'a:j' });
    expect(armoxSource().ordered).toBe(true);
    expect(sent('processing', { orderingKey: () => 'x' })).toMatchObject({ orderKey: 'x' });
    expect(sent('processing', { orderingKey: () => undefined })).not.toHaveProperty('orderKey');
    expect(sent('processing', { stale: 'run' })).not.toHaveProperty('orderKey');
    expect(armoxSource({ stale: 'run' }).ordered).toBe(false);
    expect(armox({ event: 'asset.stored', job: { id: 'j' } })).not.toHaveProperty('orderKey');
  });

  it.each([
    ['pending', ['processing', 'completed', 'failed', 'cancelled'], []],
    ['processing', ['completed', 'failed', 'cancelled'], ['pending']],
    ['completed', [], ['pending', 'processing']],
    ['failed', [], ['pending', 'processing']],
    ['cancelled', [], ['pending', 'processing']],
    ['rendering', [], []],
  ])('%s is before %j and after %j', (status, later, earlier) => {
    const ids = (statuses: readonly string[]) => statuses.map((other) => `a%3Aj:${other}`);
    expect(read(status).supersededBy ?? []).toEqual(ids(later));
    expect(sent(status).supersedes ?? []).toEqual(ids(earlier));
  });

  it('is left alone where the application says so, or makes identities of its own', () => {
    for (const options of [{ stale: 'run' }, { identify: () => 'x' }]) {
      expect(sent('completed', options)).not.toHaveProperty('supersedes');
      expect(read('pending', options)).not.toHaveProperty('supersededBy');
    }
  });
});
