import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiTransport, RateLimiter } from '../../lib/api-client/index.js';
import type { CallPriority, RateLimits } from '../../lib/api-client/index.js';
import { StubService, json } from './stub-service.js';
import type { Reply } from './stub-service.js';
import { FlowingTime } from '../manual-time.js';

let service: StubService;

beforeAll(async () => {
  service = await new StubService().start();
});
afterAll(() => service.stop());

/** A service that counts calls in a rolling minute, as the two do, and the calls above its limit. */
function limited(time: FlowingTime, limit: number, told: boolean) {
  const calls: number[] = [];
  const seen = { violations: 0, most: 0 };
  const reply: Reply = (response, request) => {
    const now = time.now();
    while (calls[0] !== undefined && calls[0] <= now - 60_000) calls.shift();
    if (calls.length >= limit) {
      seen.violations += 1;
      const wait = Math.ceil(((calls[0] ?? now) + 60_000 - now) / 1000);
      return json({ error: 'Rate limit exceeded' }, 429, { 'retry-after': `${wait}` })(
        response,
        request,
      );
    }
    calls.push(now);
    seen.most = Math.max(seen.most, calls.length);
    const headers = {
      'x-ratelimit-limit': `${limit}`,
      'x-ratelimit-remaining': `${limit - calls.length}`,
    };
    json({}, 200, told ? headers : {})(response, request);
  };
  return { reply, seen };
}

function client(time: FlowingTime, limits: RateLimits = {}) {
  return new ApiTransport(
    {
      name: 'Stub',
      option: 'stub',
      baseUrl: service.baseUrl,
      authorize: (key) => ({ 'x-key': key }),
    },
    {
      apiKey: 'one-key',
      clock: time,
      timers: time,
      random: () => 1,
      maxRetries: 20,
      rateLimiter: new RateLimiter(time, limits),
    },
  );
}

const HOURS = { maxWait: 24 * 3_600_000 };

function send(transport: ApiTransport, count: number, priority: CallPriority = 'app') {
  const call = { method: 'GET', path: '/things' } as const;
  return Promise.all(
    Array.from({ length: count }, () => transport.send(call, { ...HOURS, priority })),
  );
}

it('never goes above a limit that the headers name, with 300 calls at once', async () => {
  const time = new FlowingTime();
  const { reply, seen } = limited(time, 60, true);
  service.replyWith(reply);
  await send(client(time), 300);
  expect(seen).toEqual({ violations: 0, most: 60 });
  expect(service.requests).toHaveLength(300);
});

it('weathers a storm of 429 from a service that names no limit', async () => {
  const time = new FlowingTime();
  const { reply, seen } = limited(time, 20, false);
  service.replyWith(reply);
  await send(client(time), 200);
  expect(seen.most).toBeLessThanOrEqual(20);
  expect(service.requests).toHaveLength(200 + seen.violations);
  // Nearly all of them in the first burst, when nothing is known yet.
  expect(seen.violations).toBeLessThan(225);
});

it('brings all calls through beside another process with the same key', async () => {
  const time = new FlowingTime();
  const { reply, seen } = limited(time, 60, true);
  service.replyWith(reply);
  await Promise.all([send(client(time), 150), send(client(time), 150)]);
  expect(service.requests).toHaveLength(300 + seen.violations);
  expect(seen.violations).toBeLessThan(150);
});

it('never goes above the option, although the service allows more', async () => {
  const time = new FlowingTime();
  const { reply, seen } = limited(time, 600, true);
  service.replyWith(reply);
  await send(client(time, { requestsPerMinute: 30 }), 100);
  expect(seen).toEqual({ violations: 0, most: 30 });
});

describe('background calls', () => {
  it('use half of the limit, and of 60 where none is known', async () => {
    for (const [told, most] of [
      [true, 50],
      [false, 30],
    ] as const) {
      const time = new FlowingTime();
      const { reply, seen } = limited(time, 100, told);
      service.replyWith(reply);
      await send(client(time), 120, 'background');
      expect(seen).toEqual({ violations: 0, most });
    }
  });

  it('keep to their own cap', async () => {
    const time = new FlowingTime();
    const { reply, seen } = limited(time, 600, true);
    service.replyWith(reply);
    await send(client(time, { backgroundPerMinute: 30 }), 100, 'background');
    expect(seen).toEqual({ violations: 0, most: 30 });
  });

  it('let an application’s call go first and at once', async () => {
    const time = new FlowingTime();
    service.replyWith(limited(time, 60, true).reply);
    const transport = client(time);
    const order: string[] = [];
    const start = time.now();
    const background = send(transport, 90, 'background').then(() => order.push('background'));
    const app = send(transport, 12).then(() => order.push(`app ${time.now() - start}`));
    await Promise.all([background, app]);
    expect(order).toEqual(['app 0', 'background']);
  });

  it('leave a fifth of the limit alone, whoever has used the rest', async () => {
    const time = new FlowingTime();
    const { reply } = limited(time, 100, true);
    service.replyWith(reply);
    const transport = client(time);
    await send(transport, 75);
    await send(transport, 5, 'background');
    expect(transport.rateState().used).toBe(80);
    const start = time.now();
    await send(transport, 1, 'background');
    expect(time.now() - start).toBe(60_000);
  });
});

describe('waiting', () => {
  async function full(time: FlowingTime) {
    const limiter = new RateLimiter(time, { requestsPerMinute: 1 });
    (await limiter.acquire('app', 0)).done({ status: 200, rate: {} });
    return limiter;
  }

  it('is refused at once where it is clear that the deadline comes first', async () => {
    const time = new FlowingTime();
    const limiter = await full(time);
    const start = time.now();
    await expect(limiter.acquire('app', 59_999)).rejects.toMatchObject({ retryAfterMs: 60_000 });
    expect(time.now()).toBe(start);
    (await limiter.acquire('app', 60_000)).done();
    expect(time.now() - start).toBe(60_000);
  });

  it('ends with the reason of an abort, and lets the next one go', async () => {
    const time = new FlowingTime();
    const limiter = await full(time);
    const stop = new AbortController();
    const left = limiter.acquire('app', 90_000, stop.signal);
    const next = limiter.acquire('app', 90_000);
    stop.abort(new Error('shutting down'));
    await expect(left).rejects.toThrow('shutting down');
    await next;
    expect(limiter.state()).toMatchObject({ waiting: 0, limit: 1 });
  });

  it.each([
    [undefined, 60_000],
    [20_000, 20_000],
  ])('counts what others have used, until the reset of %p', async (resetInMs, expected) => {
    const time = new FlowingTime();
    const limiter = new RateLimiter(time);
    const rate = { limit: 10, remaining: 1, ...(resetInMs && { resetInMs }) };
    (await limiter.acquire('app', 0)).done({ status: 200, rate });
    expect(limiter.state()).toMatchObject({ limit: 10, used: 9 });
    (await limiter.acquire('app', 0)).done();
    const start = time.now();
    (await limiter.acquire('app', 60_000)).done();
    expect(time.now() - start).toBe(expected);
  });

  it('goes on one call a second after a pause, until one is answered', async () => {
    const time = new FlowingTime();
    const limiter = new RateLimiter(time);
    (await limiter.acquire('app', 0)).done({ status: 429, rate: { retryAfterMs: 5000 } });
    expect(limiter.state().pausedForMs).toBe(5000);
    const start = time.now();
    const granted: number[] = [];
    const slots = [1, 2, 3, 4].map(async () => {
      const slot = await limiter.acquire('app', 60_000);
      granted.push(time.now() - start);
      return slot;
    });
    await slots[1];
    (await slots[0])?.done({ status: 200, rate: {} });
    await Promise.all(slots);
    expect(granted).toEqual([5000, 6000, 6000, 6000]);
  });
});
