import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { ARMALO_EVENT_NAMES, armaloSource } from '../../lib/sources/armalo/index.js';
import type { WebhookSource } from '../../lib/core/index.js';
import { armoxSource } from '../../lib/sources/armox/index.js';
import { sourceConformance, type SampleEvent } from '../../lib/testing/index.js';

const hex = (body: Buffer, secret: string) =>
  createHmac('sha256', secret).update(body).digest('hex');

const json = (value: object) => Buffer.from(JSON.stringify(value));

const timestamp = '2026-03-16T10:05:00.000Z';

/** The two payloads that the page shows. */
const shown: Readonly<Record<string, object>> = {
  'score.changed': {
    agentId: 'YOUR_AGENT_ID',
    compositeScore: 862,
    certificationTier: 'gold',
    previousScore: 847,
    dimensions: {
      accuracy: 0.93,
      reliability: 0.96,
      latency: 0.84,
      safety: 0.97,
      costEfficiency: 0.79,
      security: 0.88,
    },
  },
  'eval.completed': {
    evalId: 'eval_def456',
    agentId: 'YOUR_AGENT_ID',
    pactId: 'YOUR_PACT_ID',
    passed: true,
    checksTotal: 3,
    checksPassed: 3,
  },
};

const armalo = (event: string, data: object): SampleEvent => ({
  name: event,
  body: json({ event, timestamp, data }),
});

const armox = (name: string, status: string, job: object = {}, event = name): SampleEvent => ({
  name,
  id: `job_456:${status}`,
  body: json({ event, job: { id: 'job_456', status, ...job } }),
});

describe('armaloSource', () => {
  const checks = sourceConformance(armaloSource(), {
    sign: hex,
    events: ARMALO_EVENT_NAMES.map((event) => armalo(event, shown[event] ?? { agentId: 'a' })),
    unknown: [
      armalo('score.updated', {}),
      armalo('constructor', {}),
      armalo('pact', { x: [1] }),
      { name: 'ping', body: json({ event: 'ping' }) },
      { name: 'ping', body: json({ event: 'ping', timestamp: 'soon', data: [] }) },
    ],
    invalid: [
      armalo('score.changed', {}),
      armalo('score.changed', { ...shown['score.changed'], compositeScore: 'CANARY' }),
      armalo('score.changed', { ...shown['score.changed'], dimensions: { CANARY: 'CANARY' } }),
      armalo('score.changed', { ...shown['score.changed'], agentId: '' }),
      armalo('score.changed', { constructor: 'CANARY' }),
      {
        name: 'pact.violated',
        body: json({ event: 'pact.violated', timestamp: 'CANARY', data: {} }),
      },
      { name: 'pact.violated', body: json({ event: 'pact.violated', timestamp, data: 'CANARY' }) },
      armalo('eval.completed', { ...shown['eval.completed'], passed: 'CANARY' }),
      armalo('eval.completed', { ...shown['eval.completed'], evalId: { CANARY: 1 } }),
    ],
  });
  for (const { name, run } of checks) it(name, run);
});

describe('armoxSource', () => {
  const output = { outputImage: 'https://example.com/o.png' };
  const completed_at = '2026-03-26T12:45:00.000Z';
  const checks = sourceConformance(armoxSource(), {
    sign: (body, secret) => `sha256=${hex(body, secret)}`,
    events: [
      armox('job.completed', 'completed', { output, completed_at }),
      armox('job.failed', 'failed', { error_message: 'no' }, 'job.completed'),
      armox('job.cancelled', 'cancelled'),
      armox('job.processing', 'processing', { output: null }),
      armox('job.pending', 'pending', { output: {} }),
    ],
    unknown: [
      armox('job.rendering', 'rendering'),
      { name: 'account.low', body: json({ event: 'account.low', account: {} }) },
      { name: 'job.hook', body: json({ event: 'job.hook' }) },
      { name: 'job.hook', body: json({ event: 'job.hook', job: { id: ['x'] } }) },
    ],
    invalid: [
      { name: 'job.completed', body: json({ event: 'job.completed' }) },
      { name: 'job.completed', body: json({ event: 'job.completed', job: { id: '' } }) },
      { name: 'job.completed', body: json({ event: 'job.completed', job: { id: ['CANARY'] } }) },
      armox('job.completed', 'completed', { completed_at: 'CANARY' }),
      armox('job.completed', 'completed', { id: 'CANARY\u0000' }),
    ],
  });
  for (const { name, run } of checks) it(name, run);
});

describe('sourceConformance', () => {
  const samples = { sign: hex, events: [armalo('pact.violated', {})], unknown: [], invalid: [] };
  const good = armaloSource();
  const failures = (source: WebhookSource): string[] =>
    sourceConformance(source, samples).flatMap(({ name, run }) => {
      try {
        run();
        return [];
      } catch {
        return [name];
      }
    });

  it('finds a source that compares carelessly', () => {
    const careless: WebhookSource = {
      ...good,
      verify: (bytes, header, secret) =>
        hex(Buffer.from(bytes.toString()), secret) === String(header).trim().toLowerCase(),
    };
    expect(failures(good)).toEqual([]);
    expect(failures(careless)).toEqual([
      'verifies bytes, not text: empty bodies and invalid UTF-8 too',
      'refuses every signature with one character changed, left out or added',
      'refuses missing, empty, padded, doubled, listed and non-ASCII headers',
      'refuses another secret, and an empty one whatever it signs',
    ]);
  });

  it('finds a source that gives every event one identity, or trusts the parser', () => {
    const sloppy: WebhookSource = {
      ...good,
      open: ({ account, body }) => {
        const payload = JSON.parse(body.toString()) as { event: string };
        const rest = { source: 'armalo', account, body, payload, problems: [] };
        return { ...rest, id: '', name: payload.event };
      },
    };
    expect(failures(sloppy)).toEqual([
      'gives the same bytes the same identity, and other events another',
      'says so by the error of that code when the bytes are no event',
      'keeps __proto__ out of what handlers get',
    ]);
  });
});
