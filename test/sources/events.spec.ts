import { describe, expect, it } from '@jest/globals';
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

  it('takes the time of the event from where the job says it', () => {
    const at = Date.UTC(2026, 2, 26, 12, 45);
    const iso = '2026-03-26T12:45:00.000Z';
    expect(sent('job.completed', { completed_at: iso }).occurredAt).toBe(at);
    expect(sent('job.cancelled', { cancelled_at: '2026-03-26T12:45:00.000' }).occurredAt).toBe(at);
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

  it('have a time and data, or are no events', () => {
    const good = { event: 'score.changed', timestamp, data: score };
    expect(armalo(good).occurredAt).toBe(Date.parse(timestamp));
    for (const broken of [{ timestamp: 'soon' }, { timestamp: 7 }, { data: [] }, { data: null }]) {
      expect(() => armalo({ ...good, ...broken })).toThrow(
        expect.objectContaining({ code: 'ARMOX_ARMALO_ENVELOPE' }),
      );
    }
    expect(armalo(`\ufeff${JSON.stringify(good)}`).payload).toEqual(good);
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
      'data.agentId must be a string',
      expect.stringMatching(/^data\.compositeScore must be a number/),
      'data.dimensions must be an object of numbers',
    ]);
  });
});

describe('what the application decides', () => {
  const changed = { event: 'score.changed', timestamp, data: score };
  const byAgent = (event: AnyArmaloEvent) => event.data.agentId;

  it('is the identity and the ordering key', () => {
    const identify = (event: AnyArmaloEvent) => `${event.event}/${event.timestamp}`;
    expect(armalo(changed, { identify, orderBy: byAgent })).toMatchObject({
      id: `score.changed/${timestamp}`,
      orderKey: 'a',
    });
    expect(armalo(changed, { orderBy: () => undefined })).not.toHaveProperty('orderKey');
  });

  it('is not asked about payloads that are not of their shape', () => {
    const fail = () => {
      throw new Error('asked');
    };
    const odd = { event: 'score.changed', timestamp, data: {} };
    expect(armalo(odd, { identify: fail, orderBy: fail }).problems).not.toEqual([]);
  });

  it.each([
    ['identify', ''],
    ['identify', undefined],
    ['identify', Promise.resolve('x')],
  ])('is refused when %s answers %p', (option, answer) => {
    expect(() => armalo(changed, { [option]: () => answer })).toThrow(
      expect.objectContaining({ code: 'ARMOX_ARMALO_CONFIGURATION', option: `armalo.${option}` }),
    );
  });

  it('is named in the error when it throws, with the cause', () => {
    const cause = new Error('no agent');
    const orderBy = () => {
      throw cause;
    };
    expect(() => armalo(changed, { orderBy })).toThrow(
      expect.objectContaining({ option: 'armalo.orderBy', cause }),
    );
    expect(() => armalo(changed, { orderBy: () => 'x'.repeat(501) })).toThrow();
  });
});
