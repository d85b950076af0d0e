import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ApiConflictError,
  ApiNotFoundError,
  ApiOutcomeUnknownError,
  ApiPaymentRequiredError,
  ApiUnexpectedResponseError,
} from '../../../lib/api-client/index.js';
import {
  ArmoxClient,
  isTerminalJobStatus,
  mayFollow,
  readArmoxJob,
} from '../../../lib/sources/armox/index.js';
import { StubService, cut, json, text } from '../../api-client/stub-service.js';
import { FlowingTime } from '../../manual-time.js';

let service: StubService;
let keys = 0;

beforeAll(async () => {
  service = await new StubService().start();
});
afterAll(() => service.stop());

function makeClient(): ArmoxClient {
  const time = new FlowingTime();
  const apiKey = `sk_live_${(keys += 1)}`;
  return new ArmoxClient({ apiKey, baseUrl: service.baseUrl, clock: time, timers: time });
}

describe('runModel', () => {
  it('returns a job that has ended, from the answer of a synchronous run', async () => {
    service.replyWith(
      json({
        id: 'a1b2c3d4',
        object: 'job',
        status: 'completed',
        model: 'google/nano-banana',
        output: { outputImage: 'https://storage.example/o.png' },
      }),
    );
    const job = await makeClient().runModel({
      modelId: 'google/nano-banana',
      input: { prompt: 'a cat', aspect_ratio: '1:1' },
      webhookUrl: 'https://app.example/webhooks/armox',
    });
    expect(job).toMatchObject({
      id: 'a1b2c3d4',
      status: 'completed',
      model_id: 'google/nano-banana',
      output: { outputImage: 'https://storage.example/o.png' },
    });
    expect(service.requests).toEqual([
      expect.objectContaining({
        method: 'POST',
        path: '/models/run',
        body: {
          model: 'google/nano-banana',
          input: { prompt: 'a cat', aspect_ratio: '1:1' },
          webhook_url: 'https://app.example/webhooks/armox',
        },
      }),
    ]);
    expect(service.requests[0]?.headers.authorization).toMatch(/^Bearer sk_live_\d+$/);
  });

  it.each([
    [202, { id: 'j' }, 'processing'],
    [200, { id: 'j' }, 'processing'],
    [200, { id: 'j', output: { outputText: 'hi' } }, 'completed'],
    [202, { id: 'j', status: 'pending' }, 'pending'],
    [202, { id: 'j', status: 'completed' }, 'completed'],
    [200, { id: 'j', status: 'failed', error_message: 'no' }, 'failed'],
    [200, { id: 'j', status: 'canceled' }, 'cancelled'],
    [200, { id: 'j', status: 'queued' }, 'queued'],
    [200, { job: { id: 'j', status: 'processing' } }, 'processing'],
  ])('believes the body before the code: %d %j is %s', async (code, body, status) => {
    service.replyWith(json(body, code));
    expect(await makeClient().runModel({ modelId: 'm' })).toMatchObject({ id: 'j', status });
  });

  it.each([
    ['500', json({ error: 'Internal' }, 500)],
    ['a cut connection', cut()],
    ['a 202 without an id', json({ object: 'job', status: 'processing' }, 202)],
    ['a 200 that is HTML', text('<html></html>', 200)],
  ])('never runs twice: after %s the outcome is unknown', async (_name, reply) => {
    service.replyWith(reply);
    const run = makeClient().runModel({ modelId: 'm' });
    await expect(run).rejects.toBeInstanceOf(ApiOutcomeUnknownError);
    expect(service.requests).toHaveLength(1);
  });

  it('says what Armox says of missing credits', async () => {
    service.replyWith(json({ error: 'Insufficient credits. Required 1000, available 200' }, 402));
    const run = makeClient().runModel({ modelId: 'm' });
    await expect(run).rejects.toBeInstanceOf(ApiPaymentRequiredError);
    await expect(run).rejects.toThrow('Required 1000, available 200');
  });

  it('sends no run with a webhook URL that is not https', async () => {
    const client = new ArmoxClient({ apiKey: 'k' });
    for (const webhookUrl of ['http://app.example/hook', '/hook', 'https://u:p@app.example/']) {
      await expect(client.runModel({ modelId: 'm', webhookUrl })).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_CONFIGURATION',
        option: 'webhookUrl',
      });
    }
  });
});

it('starts an app by its id and the ids of its inputs', async () => {
  service.replyWith(
    json({ id: 'job_456', object: 'job', status: 'processing', run_type: 'app', app_id: 'a' }, 202),
  );
  const job = await makeClient().runApp({
    appId: 'a',
    inputs: { 'node-1': ['https://i.example'] },
  });
  expect(job).toMatchObject({ id: 'job_456', run_type: 'app', app_id: 'a', output: null });
  expect(service.requests[0]).toMatchObject({
    path: '/apps/run',
    body: { app_id: 'a', inputs: { 'node-1': ['https://i.example'] } },
  });
});

describe('jobs', () => {
  it('lists with a limit that Armox takes, and leaves out what is no job', async () => {
    const client = makeClient();
    const listed = { id: 'job_1', status: 'completed', output_data: { outputImage: 'https://o' } };
    service.replyWith(json({ object: 'list', data: [listed, { status: 'failed' }, null, 7] }));
    for (const [limit, path] of [
      [1000, '/jobs?limit=100'],
      [0, '/jobs?limit=1'],
      [20.7, '/jobs?limit=20'],
      [undefined, '/jobs'],
    ] as const) {
      const jobs = await client.jobs.list({ limit });
      expect(jobs).toEqual([{ ...listed, output: { outputImage: 'https://o' } }]);
      expect(service.requests.at(-1)?.path).toBe(path);
    }
  });

  it.each([[[{ id: 'j' }]], [{ jobs: [{ id: 'j' }] }], [{ data: { jobs: [{ id: 'j' }] } }]])(
    'takes the list %j',
    async (body) => {
      service.replyWith(json(body));
      expect(await makeClient().jobs.list()).toEqual([
        { id: 'j', status: 'processing', output: null },
      ]);
    },
  );

  it.each([[{ object: 'list' }], [{ error: 'no' }], [null], ['text'], [5]])(
    'refuses the list %j',
    async (body) => {
      service.replyWith(json(body));
      await expect(makeClient().jobs.list()).rejects.toBeInstanceOf(ApiUnexpectedResponseError);
    },
  );

  it('takes an id as opaque: it is one segment of the path, whatever is in it', async () => {
    service.replyWith(json({ id: 'a/b?c', status: 'processing' }));
    await makeClient().jobs.get('a/../b?c=d#é');
    expect(service.requests[0]?.path).toBe('/jobs/a%2F..%2Fb%3Fc%3Dd%23%C3%A9');
    for (const id of ['', '..', 'x'.repeat(201)]) {
      await expect(makeClient().jobs.get(id)).rejects.toBeInstanceOf(TypeError);
    }
  });

  it('tells of a job that Armox does not know', async () => {
    service.replyWith(json({ error: 'Job not found' }, 404));
    await expect(makeClient().jobs.get('gone')).rejects.toBeInstanceOf(ApiNotFoundError);
  });

  it('cancels, and tries again when the answer is lost', async () => {
    const ended = {
      id: 'j',
      object: 'job',
      status: 'cancelled',
      cancelled_at: '2026-01-01T00:00:00Z',
    };
    service.replyWith(cut(), json(ended));
    expect(await makeClient().jobs.cancel('j')).toMatchObject({
      status: 'cancelled',
      completed_at: '2026-01-01T00:00:00Z',
    });
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /jobs/j/cancel',
      'POST /jobs/j/cancel',
    ]);
  });

  it.each(['cancelled', 'canceled', 'completed', 'failed'])(
    'reports the true state of a job that had ended already: %s',
    async (status) => {
      service.replyWith(json({ error: 'Cannot be cancelled' }, 409), json({ id: 'j', status }));
      const job = await makeClient().jobs.cancel('j');
      expect(job.status).toBe(status === 'canceled' ? 'cancelled' : status);
    },
  );

  it('passes the refusal on where the job has not ended', async () => {
    service.replyWith(json({ error: 'No' }, 409), json({ id: 'j', status: 'processing' }));
    await expect(makeClient().jobs.cancel('j')).rejects.toBeInstanceOf(ApiConflictError);
  });
});

it('reads models, apps and the account, with the fields that no document names', async () => {
  const client = makeClient();
  service.replyWith(
    json({ object: 'list', data: [{ id: 'm', cost: 70, new_field: 1 }] }),
    json({ object: 'list', data: [{ id: 'a', inputs: [{ id: 'i' }] }, {}] }),
    json({ object: 'account', user_id: 'u', credits: 8420 }),
    json({ unexpected: true }),
  );
  expect(await client.models.list()).toEqual([{ id: 'm', cost: 70, new_field: 1 }]);
  expect(await client.apps.list()).toEqual([{ id: 'a', inputs: [{ id: 'i' }] }]);
  expect((await client.account()).credits).toBe(8420);
  await expect(client.account()).rejects.toBeInstanceOf(ApiUnexpectedResponseError);
});

describe('a job', () => {
  it.each([
    [{ output_data: { a: 1 }, output: { b: 2 } }, { a: 1 }],
    [{ output: { b: 2 } }, { b: 2 }],
    [{ output_data: null, output: { b: 2 } }, { b: 2 }],
    [{ output_data: 'plain text' }, { value: 'plain text' }],
    [{ output_data: {} }, {}],
    [{}, null],
  ])('that has ended with %j has the output %j', (fields, output) => {
    expect(readArmoxJob({ id: 'j', status: 'completed', ...fields }, 'processing')?.output).toEqual(
      output,
    );
  });

  it('that has not ended has no output in {}', () => {
    const job = readArmoxJob({ id: 'j', status: 'processing', output_data: {} }, 'processing');
    expect(job?.output).toBeNull();
  });

  it.each([[null], ['j'], [[]], [{}], [{ id: '' }], [{ id: 'x'.repeat(201) }], [{ id: {} }]])(
    'is not read from %j',
    (value) => expect(readArmoxJob(value, 'processing')).toBeUndefined(),
  );

  it('never leaves a terminal status, never goes back, and may skip steps', () => {
    const statuses = ['pending', 'processing', 'completed', 'failed', 'cancelled', 'queued'];
    const moves = statuses.flatMap((from) =>
      statuses.filter((to) => to !== from && mayFollow(from, to)).map((to) => `${from} > ${to}`),
    );
    expect(moves).toEqual([
      'pending > processing',
      'pending > completed',
      'pending > failed',
      'pending > cancelled',
      'pending > queued',
      'processing > completed',
      'processing > failed',
      'processing > cancelled',
      'processing > queued',
      'queued > processing',
      'queued > completed',
      'queued > failed',
      'queued > cancelled',
    ]);
    expect(statuses.filter((to) => mayFollow('lost', to))).toEqual(statuses);
    expect(statuses.filter(isTerminalJobStatus)).toEqual(['completed', 'failed', 'cancelled']);
  });
});
