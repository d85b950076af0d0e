import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { armaloSource } from '../../lib/sources/armalo/index.js';
import { armoxSource } from '../../lib/sources/armox/index.js';
import {
  ArmaloSandbox,
  ArmoxSandbox,
  ManualTimers,
  seededRandom,
  type Sandbox,
} from '../../lib/testing/index.js';

interface Received {
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

/** A receiver that answers with the statuses given, the last of them for ever. */
class Receiver {
  readonly received: Received[] = [];
  private server: Server | undefined;

  constructor(private readonly statuses: number[] = [200]) {}

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.received.push({ headers: request.headers, body: Buffer.concat(chunks) });
        const status = this.statuses.length > 1 ? this.statuses.shift() : this.statuses[0];
        response.writeHead(status ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  events(): { event: string; job: Record<string, unknown>; data: Record<string, unknown> }[] {
    return this.received.map(({ body }) => JSON.parse(body.toString()) as never);
  }
}

const open: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each.stop();
});

async function started<T extends Sandbox>(sandbox: T): Promise<T> {
  await sandbox.start();
  open.push(sandbox);
  return sandbox;
}

async function receiver(...statuses: number[]): Promise<[Receiver, string]> {
  const made = new Receiver(statuses.length > 0 ? statuses : undefined);
  open.push(made);
  return [made, await made.start()];
}

/** The fields that these tests read of whatever an endpoint answers. */
interface AnswerBody {
  readonly id: string;
  readonly status: string;
  readonly secret: string;
  readonly data: readonly { readonly id: string }[];
  readonly webhooks: readonly { readonly id: string }[];
  readonly evals: readonly object[];
  readonly agents: readonly object[];
  readonly escrows: readonly object[];
  readonly history: readonly object[];
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

function caller(sandbox: Sandbox) {
  const keys = { authorization: `Bearer ${sandbox.apiKey}`, 'x-pact-key': sandbox.apiKey };
  return async (call: string, body?: object, headers: object = keys): Promise<Answer> => {
    const [method = 'GET', path = ''] = call.split(' ');
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
      redirect: 'manual',
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as AnswerBody,
    };
  };
}

const app_id = 'cb2bbd2d-b538-4d34-a54e-a9158c2e0dbb';
const video = { model: 'sandbox/video', input: { prompt: 'a cat' } };

describe('ArmoxSandbox', () => {
  it('asks for the key, in the words of the page', async () => {
    const sandbox = await started(new ArmoxSandbox());
    const call = caller(sandbox);
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1$/);
    expect(await call('GET /models', undefined, {})).toMatchObject({
      status: 401,
      body: { error: 'Missing Authorization Bearer token' },
    });
    expect(
      await call('GET /models', undefined, { authorization: 'Bearer sk_live_x' }),
    ).toMatchObject({ status: 401, body: { error: 'Invalid API key' } });
    expect((await call('GET /models')).body).toMatchObject({
      object: 'list',
      data: [{ id: 'google/nano-banana', cost: 70 }, { id: 'sandbox/video' }],
    });
  });

  it('finishes an image within the call and calls back with a signed job.completed', async () => {
    const sandbox = await started(new ArmoxSandbox());
    const [hook, webhook_url] = await receiver();
    const run = await caller(sandbox)('POST /models/run', {
      model: 'google/nano-banana',
      input: { prompt: 'a cat' },
      webhook_url,
    });
    await sandbox.settled();
    expect(run).toMatchObject({ status: 200, body: { object: 'job', status: 'completed' } });
    const [delivery] = hook.received;
    const header = delivery?.headers['x-armox-signature'] as string;
    const source = armoxSource();
    expect(source.verify(delivery?.body as Buffer, header, sandbox.webhookSecret)).toBe(true);
    expect(source.open({ account: '', body: delivery?.body as Buffer })).toMatchObject({
      name: 'job.completed',
      id: `${run.body.id}:completed`,
      problems: [],
    });
  });

  it('takes a video through its statuses as time passes', async () => {
    const timers = new ManualTimers();
    const sandbox = await started(new ArmoxSandbox({ timers }));
    const call = caller(sandbox);
    const run = await call('POST /models/run', video);
    expect(run).toMatchObject({ status: 202, body: { status: 'processing', object: 'job' } });
    const seen: unknown[] = [];
    for (const ms of [0, 100, 900]) {
      sandbox.advance(ms);
      seen.push((await call(`GET /jobs/${run.body.id}`)).body.status);
    }
    expect(seen).toEqual(['pending', 'processing', 'completed']);
    expect((await call(`POST /jobs/${run.body.id}/cancel`)).status).toBe(409);
  });

  it('lists the newest jobs first, up to the limit', async () => {
    const sandbox = await started(new ArmoxSandbox({ lifecycle: 'manual', rateLimit: 1_000 }));
    const call = caller(sandbox);
    const ids: string[] = [];
    for (let n = 0; n < 25; n += 1) ids.push((await call('POST /models/run', video)).body.id);
    const idsOf = (answer: Answer) => answer.body.data.map(({ id }) => id);
    expect(idsOf(await call('GET /jobs'))).toEqual(ids.slice(5).reverse());
    expect(idsOf(await call('GET /jobs?limit=2'))).toEqual([ids[24], ids[23]]);
    expect((await call('GET /jobs?limit=101')).status).toBe(400);
    expect((await call('GET /jobs/none')).status).toBe(404);
  });

  it('names missing inputs of an app by label, and charges what it accepts', async () => {
    const sandbox = await started(new ArmoxSandbox({ credits: 400, lifecycle: 'manual' }));
    const call = caller(sandbox);
    expect(await call('POST /apps/run', { app_id, inputs: {} })).toMatchObject({
      status: 400,
      body: { error: 'Missing required inputs: Prompt' },
    });
    const run = { app_id, inputs: { input_prompt: 'a hero' } };
    expect(await call('POST /apps/run', run)).toMatchObject({ status: 202, body: { app_id } });
    expect(await call('POST /apps/run', run)).toMatchObject({
      status: 402,
      body: { error: 'Insufficient credits. Required 340, available 60' },
    });
    sandbox.fail(sandbox.jobs[0]?.id ?? '');
    expect((await call('GET /account')).body).toMatchObject({ object: 'account', credits: 400 });
  });

  it('cancels a job that has not ended, and sends no webhook that the page does not show', async () => {
    const sandbox = await started(new ArmoxSandbox({ lifecycle: 'manual' }));
    const [hook, webhook_url] = await receiver();
    const call = caller(sandbox);
    const { id } = (await call('POST /models/run', { ...video, webhook_url })).body;
    expect(await call(`POST /jobs/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { id, object: 'job', status: 'cancelled' },
    });
    await sandbox.settled();
    expect(hook.received).toEqual([]);
  });

  it('limits calls in a rolling minute and counts violations', async () => {
    const timers = new ManualTimers();
    const sandbox = await started(new ArmoxSandbox({ timers, rateLimit: 2 }));
    const call = caller(sandbox);
    const first = await call('GET /account');
    expect(first.headers.get('x-ratelimit-limit')).toBe('2');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    sandbox.advance(30_000);
    await call('GET /account');
    const refused = await call('GET /account');
    expect(refused).toMatchObject({ status: 429, body: { error: 'Rate limit exceeded' } });
    expect(refused.headers.get('retry-after')).toBe('30');
    sandbox.advance(30_000);
    expect((await call('GET /account')).status).toBe(200);
    expect((await call('GET /account')).status).toBe(429);
    expect(sandbox.calls).toEqual({ total: 5, violations: 2, byRoute: { 'GET /account': 5 } });
  });

  it('mistreats API calls as told', async () => {
    const sandbox = await started(new ArmoxSandbox());
    const call = caller(sandbox);
    const raw = () =>
      fetch(`${sandbox.url}/account`, {
        headers: { authorization: `Bearer ${sandbox.apiKey}` },
        redirect: 'manual',
      });
    sandbox.apiFaults = { tooManyRequests: 1, retryAfter: 7 };
    expect((await call('GET /account')).headers.get('retry-after')).toBe('7');
    sandbox.apiFaults = { serverError: 1 };
    expect((await call('GET /account')).status).toBe(500);
    sandbox.apiFaults = { htmlPage: 1 };
    expect((await raw()).headers.get('content-type')).toBe('text/html');
    sandbox.apiFaults = { endlessRedirect: 1 };
    expect((await raw()).headers.get('location')).toBe('/api/v1/account');
    sandbox.apiFaults = { cut: 1 };
    await expect(raw()).rejects.toThrow();
    sandbox.apiFaults = { cutAnswer: 1, only: (route) => route === 'POST /models/run' };
    await expect(call('POST /models/run', video)).rejects.toThrow();
    expect(sandbox.jobs).toHaveLength(1);
    expect(sandbox.calls.violations).toBe(0);
    expect((await call('GET /account')).status).toBe(200);
  });
});

describe('ArmaloSandbox', () => {
  const fast = { retry: { delayMs: 1, attempts: 4 }, evals: 'manual' } as const;

  it('shows a webhook secret once and signs each registration with its own', async () => {
    const sandbox = await started(new ArmaloSandbox(fast));
    const call = caller(sandbox);
    const [hook, url] = await receiver();
    const events = ['score.changed'];
    const made = [
      await call('POST /webhooks', { url, events }),
      await call('POST /webhooks', { url, events }),
    ];
    for (const { status, body } of made) {
      expect(status).toBe(201);
      expect(body).toMatchObject({ url, events, isActive: true });
      expect(body.secret).toMatch(/^whsec_[0-9a-f]{32}$/);
    }
    const { webhooks } = (await call('GET /webhooks')).body;
    expect(webhooks.map(({ id }) => id)).toEqual(made.map(({ body }) => body.id));
    expect(JSON.stringify(webhooks)).not.toContain('whsec_');

    sandbox.setScore('agent_1', 847);
    sandbox.setScore('agent_1', 862);
    await sandbox.settled();
    expect(hook.events().map(({ data }) => data['previousScore'])).toEqual([null, null, 847, 847]);
    const source = armaloSource();
    const verifiedBy = hook.received.map(({ headers, body }) =>
      made.filter(({ body: { secret } }) =>
        source.verify(body, headers['x-armalo-signature'] as string, secret),
      ),
    );
    expect(verifiedBy.every((each) => each.length === 1)).toBe(true);
    for (const { body } of hook.received) {
      expect(source.open({ account: '', body }).problems).toEqual([]);
    }
  });

  it('refuses webhooks on the free plan, and names that are not documented', async () => {
    const free = await started(new ArmaloSandbox({ plan: 'free' }));
    const hook = { url: 'https://a.example/hook', events: ['eval.completed'] };
    expect((await caller(free)('POST /webhooks', hook)).status).toBe(403);
    const pro = await started(new ArmaloSandbox());
    const wrong = { ...hook, events: ['score.updated'] };
    expect(await caller(pro)('POST /webhooks', wrong)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_INPUT' },
    });
    expect((await caller(pro)('GET /scores/a', undefined, {})).status).toBe(402);
    expect((await caller(pro)('GET /evals', undefined, {})).status).toBe(401);
  });

  it('answers scores, evals, pacts, agents and escrow', async () => {
    const sandbox = await started(new ArmaloSandbox(fast));
    const call = caller(sandbox);
    const agent = (await call('POST /agents', { externalId: 'x', name: 'X' })).body;
    const agentId = agent.id;
    expect((await call(`GET /scores/${agentId}`)).status).toBe(404);
    sandbox.setScore(agentId, 700);
    sandbox.setScore(agentId, 710);
    expect((await call(`GET /scores/${agentId}`)).body).toMatchObject({
      agentId,
      compositeScore: 710,
    });
    expect((await call(`GET /scores/${agentId}/history`)).body.history).toHaveLength(2);

    const run = await call('POST /evals', { agentId, name: 'check', evalType: 'safety' });
    expect(run.body).toMatchObject({ agentId, pactId: null, status: 'processing' });
    sandbox.completeEval(run.body.id, { passed: false });
    expect((await call(`GET /evals/${run.body.id}`)).body).toMatchObject({
      status: 'completed',
      passed: false,
      checksTotal: 3,
      checksPassed: 0,
    });
    expect((await call(`GET /evals?agentId=${agentId}&status=completed`)).body.evals).toHaveLength(
      1,
    );
    expect((await call('GET /evals?agentId=nobody')).body.evals).toEqual([]);

    const pact = (await call('POST /pacts', { agentId, conditions: [] })).body;
    expect((await call(`GET /pacts/${pact.id}`)).body).toEqual(pact);
    const escrow = (await call('POST /escrow', { amountUsdc: 25, agentId })).body;
    sandbox.releaseEscrow(escrow.id);
    expect((await call(`GET /escrow/${escrow.id}`)).body).toMatchObject({ status: 'released' });
    expect((await call('GET /escrow?status=released')).body.escrows).toHaveLength(1);
    expect((await call('GET /agents')).body.agents).toEqual([agent]);
  });

  it('tries again until it is answered 2xx, and gives up in the end', async () => {
    const sandbox = await started(new ArmaloSandbox(fast));
    const [, good] = await receiver(500, 503, 200);
    const [, bad] = await receiver(500);
    sandbox.subscribe(good);
    sandbox.subscribe(bad);
    sandbox.setScore('a', 1);
    await sandbox.settled();
    expect(sandbox.deliveries.map(({ state, statuses }) => ({ state, statuses }))).toEqual([
      { state: 'delivered', statuses: [500, 503, 200] },
      { state: 'given-up', statuses: [500, 500, 500, 500] },
    ]);
  });

  it('drops, doubles, delays, reorders and corrupts, repeatably by seed', async () => {
    const outcome = async () => {
      const [hook, url] = await receiver();
      const random = seededRandom(7);
      const sandbox = await started(new ArmaloSandbox({ ...fast, random }));
      const { secret } = sandbox.subscribe(url);
      sandbox.faults = {
        drop: 0.3,
        double: 0.3,
        delay: { share: 0.3, longest: 3 },
        reorder: 0.3,
        corrupt: 0.3,
      };
      for (let score = 0; score < 60; score += 1) sandbox.setScore('a', score);
      await sandbox.settled();
      const states = sandbox.deliveries.map(({ state, copyOf }) => `${state} ${copyOf ?? ''}`);
      const source = armaloSource();
      const forged = hook.received.filter(
        ({ body, headers }) =>
          !source.verify(body, headers['x-armalo-signature'] as string, secret),
      );
      return { states, forged: forged.length, received: hook.received };
    };
    const [one, two] = [await outcome(), await outcome()];
    expect(one.states).toEqual(two.states);
    const dropped = one.states.filter((state) => state.startsWith('dropped')).length;
    const doubled = one.states.filter((state) => /\d/.test(state)).length;
    expect(dropped).toBeGreaterThan(5);
    expect(doubled).toBeGreaterThan(5);
    expect(one.states).toHaveLength(60 + doubled);
    expect(one.forged).toBeGreaterThan(5);
    const scores = one.received.map(
      ({ body }) => /"compositeScore":(\d+)/.exec(body.toString())?.[1],
    );
    expect(scores).not.toEqual([...scores].sort((a, b) => Number(a) - Number(b)));
  });

  it('gives every event its own timestamp', async () => {
    const [hook, url] = await receiver();
    const sandbox = await started(new ArmaloSandbox({ ...fast, timers: new ManualTimers() }));
    sandbox.subscribe(url);
    for (let n = 0; n < 5; n += 1) sandbox.emit('monitoring.alert', { agentId: 'a' });
    await sandbox.settled();
    expect(new Set(hook.received.map(({ body }) => body.toString())).size).toBe(5);
  });
});
