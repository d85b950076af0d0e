import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import {
  ApiAuthError,
  ApiNotSupportedError,
  ApiOutcomeUnknownError,
  ApiPaymentRequiredError,
  ApiUnexpectedResponseError,
} from '../../../lib/api-client/index.js';
import {
  ArmaloClient,
  ArmaloWebhooks,
  WebhookRegistrationError,
  armaloEvalEnd,
} from '../../../lib/sources/armalo/index.js';
import type { ArmaloWebhook, EnsureWebhookOptions } from '../../../lib/sources/armalo/index.js';
import { StubService, cut, json, text } from '../../api-client/stub-service.js';
import { FlowingTime } from '../../manual-time.js';

let service: StubService;
let keys = 0;

beforeAll(async () => {
  service = await new StubService().start();
});
afterAll(() => service.stop());

function makeClient(): ArmaloClient {
  const time = new FlowingTime();
  const apiKey = `pk_live_${(keys += 1)}`;
  return new ArmaloClient({ apiKey, baseUrl: service.baseUrl, clock: time, timers: time });
}

function paths(): string[] {
  return service.requests.map(({ method, path }) => `${method} ${path}`);
}

describe('scores', () => {
  it.each([
    [{ compositeScore: 862, certificationTier: 'gold' }, 862, 'gold'],
    [{ composite: 800, certificationTier: null }, 800, null],
    [{ score: { compositeScore: 700 } }, 700, null],
    [{ data: { compositeScore: '650' } }, 650, null],
    [{ compositeScore: null, certificationTier: null }, null, null],
  ])('are read from %j', async (body, compositeScore, certificationTier) => {
    service.replyWith(json(body));
    expect(await makeClient().scores.get('agent_1')).toMatchObject({
      agentId: 'agent_1',
      compositeScore,
      certificationTier,
    });
    expect(service.requests[0]?.headers['x-pact-key']).toMatch(/^pk_live_/);
  });

  it('keep the fields that no document names', async () => {
    service.replyWith(
      json({ agentId: 'a', compositeScore: 1, dimensions: { accuracy: 0.9 }, x: 1 }),
    );
    expect(await makeClient().scores.get('a')).toEqual({
      agentId: 'a',
      compositeScore: 1,
      certificationTier: null,
      dimensions: { accuracy: 0.9 },
      x: 1,
    });
  });

  it('have a history, whichever keys it uses', async () => {
    service.replyWith(
      json({
        history: [
          { composite: 1, createdAt: 't1' },
          { compositeScore: 2, computedAt: 't2' },
        ],
      }),
    );
    const history = await makeClient().scores.history('a b', { period: '30d' });
    expect(history).toMatchObject([
      { compositeScore: 1, createdAt: 't1' },
      { compositeScore: 2, createdAt: 't2' },
    ]);
    expect(paths()).toEqual(['GET /scores/a%20b/history?period=30d']);
  });

  it('are never paid for: a 402 is told at once as a matter of key and plan', async () => {
    service.replyWith(json({ error: 'Payment required', accepts: [] }, 402));
    const score = makeClient().scores.get('a');
    await expect(score).rejects.toBeInstanceOf(ApiPaymentRequiredError);
    await expect(score).rejects.toThrow('Nothing was paid');
    expect(service.requests).toHaveLength(1);
  });
});

describe('lists', () => {
  it.each([
    [{ evals: [{ id: 'e' }] }],
    [{ data: [{ evalId: 'e' }] }],
    [[{ id: 'e' }, null, {}]],
    [{ data: { evals: [{ id: 'e' }] } }],
  ])('are read from %j', async (body) => {
    service.replyWith(json(body));
    const { items, truncated } = await makeClient().evals.list({ agentId: 'a', limit: 500 });
    expect(items.map(({ id }) => id)).toEqual(['e']);
    expect(truncated).toBe(false);
    expect(paths()).toEqual(['GET /evals?agentId=a&limit=100']);
  });

  it('follow a cursor until there is none', async () => {
    service.replyWith(
      json({ pacts: [{ id: '1' }], nextCursor: 'c1' }),
      json({ pacts: [{ id: '2' }], nextCursor: 'c2' }),
      json({ pacts: [{ id: '3' }], nextCursor: null }),
    );
    const { items } = await makeClient().pacts.list();
    expect(items.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(paths()).toEqual(['GET /pacts', 'GET /pacts?cursor=c1', 'GET /pacts?cursor=c2']);
  });

  it('follow hasMore and total by offset', async () => {
    service.replyWith(
      json({ agents: [{ id: '1' }], hasMore: true }),
      json({ agents: [{ id: '2' }], pagination: { total: 3 } }),
      json({ agents: [{ id: '3' }], pagination: { total: 3 } }),
    );
    const { items, truncated } = await makeClient().agents.list();
    expect([items.length, truncated]).toEqual([3, false]);
    expect(paths()).toEqual(['GET /agents', 'GET /agents?offset=1', 'GET /agents?offset=2']);
  });

  it.each([
    ['the same entries again', { escrows: [{ id: '1' }], hasMore: true }, 2],
    ['an empty page', { escrows: [], hasMore: true }, 1],
    ['a total that is not reached', { escrows: [{ id: '1' }], total: 9 }, 2],
  ])('end with %s, and say that there is more', async (_name, body, calls) => {
    service.replyWith(json(body));
    const { truncated } = await makeClient().escrow.list({ status: 'funded' });
    expect(truncated).toBe(true);
    expect(service.requests).toHaveLength(calls);
  });

  it('end with a cursor that comes back, and after as many pages as were asked for', async () => {
    let id = 0;
    service.replyWith((response, request) =>
      json({ evals: [{ id: `${(id += 1)}` }], cursor: 'same' })(response, request),
    );
    await makeClient().evals.list();
    expect(service.requests).toHaveLength(2);
    service.replyWith((response, request) =>
      json({ evals: [{ id: `${(id += 1)}` }], nextCursor: id })(response, request),
    );
    expect((await makeClient().evals.list({ maxPages: 3 })).truncated).toBe(true);
    expect(service.requests).toHaveLength(3);
  });

  it('are refused where there is none', async () => {
    service.replyWith(json({ error: 'nothing here' }));
    await expect(makeClient().evals.list()).rejects.toBeInstanceOf(ApiUnexpectedResponseError);
  });
});

it('creates and gets what the API has, bare or wrapped, at its routes', async () => {
  const client = makeClient();
  service.replyWith(
    json({ id: 'e', status: 'processing' }, 201),
    json({ eval: { evalId: 'e', status: 'completed' } }),
    json({ data: { id: 'p' } }),
    json({ pact: { id: 'p' } }),
    json({ id: 'ag' }),
    json({ id: 'es', status: 'funded', amountUsdc: '12.50' }),
  );
  const evaluation = { agentId: 'a', name: 'n', evalType: 'custom' };
  expect((await client.evals.create(evaluation)).status).toBe('processing');
  expect(await client.evals.get('e')).toMatchObject({ id: 'e', status: 'completed' });
  const pact = { agentId: 'a', name: 'n', pactType: 'unilateral', conditions: [] } as const;
  expect((await client.pacts.create(pact)).id).toBe('p');
  expect((await client.pacts.get('p')).id).toBe('p');
  expect((await client.agents.create({ externalId: 'x', name: 'n' })).id).toBe('ag');
  expect((await client.escrow.get('es')).amountUsdc).toBe('12.50');
  expect(paths()).toEqual([
    'POST /evals',
    'GET /evals/e',
    'POST /pacts',
    'GET /pacts/p',
    'POST /agents',
    'GET /escrow/es',
  ]);
  expect(service.requests[0]?.body).toEqual(evaluation);
});

it('knows how an evaluation has ended, and that others are still running', () => {
  const statuses = ['completed', 'failed', 'timed_out', 'timeout', 'error', 'canceled', 'running'];
  expect([...statuses, undefined].map(armaloEvalEnd)).toEqual([
    'completed',
    'failed',
    'failed',
    'failed',
    'failed',
    'cancelled',
    undefined,
    undefined,
  ]);
});

const URL_OF_OURS = 'https://app.example/webhooks/armalo';
const REGISTERED = {
  id: 'wh_1',
  url: URL_OF_OURS,
  events: ['pact.violated', 'eval.completed'],
  isActive: true,
  createdAt: '2026-01-01T00:00:00.000Z',
};

describe('webhooks', () => {
  it('are created without a secret of ours, and bring Armalo’s', async () => {
    service.replyWith(json({ ...REGISTERED, secret: 'whsec_1' }, 201));
    const request = { url: URL_OF_OURS, events: ['pact.violated'] };
    expect(await makeClient().webhooks.create(request)).toMatchObject({
      id: 'wh_1',
      secret: 'whsec_1',
    });
    expect(service.requests[0]?.body).toEqual(request);
  });

  it.each([
    ['a cut connection', cut()],
    ['an answer without a secret', json(REGISTERED, 201)],
    ['a 500', json({}, 500)],
  ])('are never created twice: after %s the outcome is unknown', async (_name, reply) => {
    service.replyWith(reply);
    const create = makeClient().webhooks.create({ url: URL_OF_OURS, events: [] });
    await expect(create).rejects.toBeInstanceOf(ApiOutcomeUnknownError);
    expect(service.requests).toHaveLength(1);
  });

  it('read the older form of the state', async () => {
    const { isActive: _, ...older } = REGISTERED;
    service.replyWith(
      json([
        { ...older, status: 'active' },
        { ...older, id: '2', status: 'off' },
      ]),
    );
    const { items } = await makeClient().webhooks.list();
    expect(items.map((item) => item.isActive)).toEqual([true, false]);
  });

  it.each([
    ['404', 404, json({ error: 'nope' }, 404)],
    ['405', 405, json({ error: 'nope' }, 405)],
    ['a 404 page', 404, text('<title>nope</title>', 404)],
  ])('cannot be changed or removed where Armalo answers %s', async (_name, status, reply) => {
    service.replyWith(reply);
    const { webhooks } = makeClient();
    const tries = [webhooks.delete('wh_1'), webhooks.update('wh_1', { isActive: false })];
    for (const attempt of tries) {
      await expect(attempt).rejects.toBeInstanceOf(ApiNotSupportedError);
      await expect(attempt).rejects.toMatchObject({ status, serviceMessage: 'nope' });
    }
  });

  it('are changed and removed where Armalo can', async () => {
    service.replyWith(json({ webhook: { ...REGISTERED, isActive: false } }), json(undefined, 204));
    const { webhooks } = makeClient();
    expect((await webhooks.update('wh_1', { isActive: false }))?.isActive).toBe(false);
    await webhooks.delete('wh_1');
    expect(paths()).toEqual(['PATCH /webhooks/wh_1', 'DELETE /webhooks/wh_1']);
  });
});

describe('ensure', () => {
  function options(overrides: Partial<EnsureWebhookOptions> = {}): EnsureWebhookOptions {
    return {
      url: URL_OF_OURS,
      events: ['pact.violated'],
      store: async () => undefined,
      hasSecret: () => true,
      ...overrides,
    };
  }

  it('creates the webhook where there is none, and has its secret stored before it returns', async () => {
    service.replyWith(
      json({ webhooks: [{ ...REGISTERED, id: 'other', url: 'https://other.example/' }] }),
      json({ ...REGISTERED, secret: 'whsec_1' }, 201),
    );
    const order: string[] = [];
    const store = async (secret: string, webhook: ArmaloWebhook): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`stored ${secret} of ${webhook.id}`);
    };
    const ensured = await new ArmaloWebhooks(makeClient()).ensure(options({ store }));
    order.push('returned');
    expect(order).toEqual(['stored whsec_1 of wh_1', 'returned']);
    expect(ensured).toEqual({ webhook: REGISTERED, created: true });
  });

  it('takes the one that is there when its secret is known, however its URL is written', async () => {
    service.replyWith(
      json({ webhooks: [{ ...REGISTERED, url: 'HTTPS://APP.example:443/webhooks/armalo' }] }),
    );
    const ensured = await new ArmaloWebhooks(makeClient()).ensure(options());
    expect(ensured).toMatchObject({ created: false, webhook: { id: 'wh_1' } });
    expect(paths()).toEqual(['GET /webhooks']);
  });

  it.each([
    ['secret-unknown', REGISTERED, { hasSecret: () => false }],
    ['inactive', { ...REGISTERED, isActive: false }, {}],
    ['events-differ', REGISTERED, { events: ['score.changed'] }],
  ])(
    'registers no second one beside one that is not usable: %s',
    async (problem, listed, changes) => {
      service.replyWith(json({ webhooks: [listed] }));
      const ensuring = new ArmaloWebhooks(makeClient()).ensure(options(changes));
      await expect(ensuring).rejects.toBeInstanceOf(WebhookRegistrationError);
      await expect(ensuring).rejects.toMatchObject({ problem, webhookId: 'wh_1' });
      expect(paths()).toEqual(['GET /webhooks']);
    },
  );

  it('chooses the usable one of several', async () => {
    service.replyWith(json({ webhooks: [{ ...REGISTERED, id: 'old' }, REGISTERED] }));
    const hasSecret = ({ id }: ArmaloWebhook): boolean => id === 'wh_1';
    const ensured = await new ArmaloWebhooks(makeClient()).ensure(options({ hasSecret }));
    expect(ensured.webhook.id).toBe('wh_1');
  });

  it.each([
    [402, ApiPaymentRequiredError],
    [403, ApiAuthError],
  ])('says on %d that the plan has no webhooks', async (status, type) => {
    service.replyWith(json({ webhooks: [] }), json({ error: 'Upgrade' }, status));
    const ensuring = new ArmaloWebhooks(makeClient()).ensure(options());
    await expect(ensuring).rejects.toBeInstanceOf(type);
    await expect(ensuring).rejects.toThrow(/Pro or Enterprise.*poller/);
  });

  it('says so too where the plan does not even list webhooks', async () => {
    service.replyWith(json({ error: 'Upgrade' }, 403));
    const ensuring = new ArmaloWebhooks(makeClient()).ensure(options());
    await expect(ensuring).rejects.toThrow(/Pro or Enterprise.*poller/);
    expect(paths()).toEqual(['GET /webhooks']);
  });

  it('tells when the secret could not be stored, without telling the secret', async () => {
    service.replyWith(json({ webhooks: [] }), json({ ...REGISTERED, secret: 'whsec_1' }, 201));
    const store = async (): Promise<void> => Promise.reject(new Error('disk full'));
    const error: unknown = await new ArmaloWebhooks(makeClient())
      .ensure(options({ store }))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ problem: 'secret-not-stored', webhookId: 'wh_1' });
    expect(inspect(error, { depth: 5 })).not.toContain('whsec_1');
  });

  it('registers one only when called twice at once', async () => {
    service.replyWith(json({ webhooks: [] }), json({ ...REGISTERED, secret: 'whsec_1' }, 201));
    const webhooks = new ArmaloWebhooks(makeClient());
    const store = jest.fn(async () => undefined);
    await Promise.all([webhooks.ensure(options({ store })), webhooks.ensure(options({ store }))]);
    expect(store).toHaveBeenCalledTimes(1);
    expect(paths()).toEqual(['GET /webhooks', 'POST /webhooks']);
  });

  it('registers none where it could not read the whole list', async () => {
    let id = 0;
    service.replyWith((response, request) => {
      const other = { ...REGISTERED, id: `${(id += 1)}`, url: 'https://other.example/' };
      json({ webhooks: [other], nextCursor: `${id}` })(response, request);
    });
    const ensuring = new ArmaloWebhooks(makeClient()).ensure(options());
    await expect(ensuring).rejects.toMatchObject({ problem: 'list-incomplete' });
  });
});
