import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { ArmoxArmaloConfigurationError, systemTimers } from '../../lib/core/index.js';
import {
  ApiAuthError,
  ApiError,
  ApiTransport,
  ApiUnavailableError,
  ApiConflictError,
  ApiNotFoundError,
  ApiNotSupportedError,
  ApiOutcomeUnknownError,
  ApiPaymentRequiredError,
  ApiRateLimitedError,
  ApiRequestRefusedError,
  ApiUnexpectedResponseError,
} from '../../lib/api-client/index.js';
import type { ApiCall, ApiClientOptions, ApiCallOptions } from '../../lib/api-client/index.js';
import { StubService, cut, json, silence, text } from './stub-service.js';
import { heardOn } from '../diagnostics.js';
import { FlowingTime } from '../manual-time.js';

const API_KEY = 'sk_live_never_show_me_anywhere';
const GET: ApiCall = { method: 'GET', path: '/things' };
const POST: ApiCall = { method: 'POST', path: '/things', body: { name: 'one' } };

let service: StubService;
let elsewhere: StubService;
let keys = 0;

beforeAll(async () => {
  service = await new StubService().start();
  elsewhere = await new StubService().start();
});
afterAll(() => Promise.all([service.stop(), elsewhere.stop()]));

/** A key of its own for each client, so that tests do not share a rate limiter. */
function makeTransport(options: Partial<ApiClientOptions> = {}) {
  const time = new FlowingTime();
  const apiKey = `${API_KEY}_${(keys += 1)}`;
  const warnings: string[] = [];
  const transport = new ApiTransport(
    {
      name: 'Stub',
      option: 'stub',
      baseUrl: service.baseUrl,
      authorize: (key) => ({ 'x-secret-key': key }),
    },
    {
      apiKey,
      clock: time,
      timers: time,
      random: () => 1,
      logger: { warn: (message) => warnings.push(message) },
      ...options,
    },
  );
  return { transport, time, apiKey, warnings };
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  expect(inspect(error, { depth: 10 })).not.toContain(API_KEY);
  return error as ApiError;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('what is sent again', () => {
  it.each([
    ['500', text('oops', 500)],
    ['502 with HTML', text('<html><title>Bad gateway</title></html>', 502)],
    ['408', json({}, 408)],
    ['a cut connection', cut()],
    ['an answer cut in the middle', cut('{"half":')],
  ])('repeats a GET after %s, with growing pauses', async (_name, reply) => {
    const { transport, time } = makeTransport();
    service.replyWith(reply, reply, json({ ok: true }));
    await expect(transport.send(GET)).resolves.toMatchObject({ body: { ok: true } });
    expect(service.requests).toHaveLength(3);
    expect(time.slept).toEqual([500, 1000]);
  });

  it('is told on the diagnostic channel request by request, without its query, key and bodies', async () => {
    const { transport, apiKey } = makeTransport({ maxRetries: 1 });
    service.replyWith(cut(), json({ quiet: 'please' }));
    const call = { ...GET, query: { token: 'quiet' } };
    const heard = await heardOn('api-call', () => transport.send(call));
    const common = { service: 'Stub', request: 'GET /things', duration: 0 };
    expect(heard).toEqual([
      { ...common, retry: 0, outcome: 'lost', status: null },
      { ...common, retry: 1, outcome: 'answer', status: 200 },
    ]);
    expect(inspect(heard)).not.toMatch(new RegExp(`quiet|${apiKey}`));
  });

  it('gives a GET up after three repetitions', async () => {
    const { transport } = makeTransport();
    service.replyWith(text('<html><title>Bad gateway</title><p>nginx</p></html>', 502));
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(ApiUnavailableError);
    expect(error).toMatchObject({ status: 502, serviceMessage: 'Bad gateway' });
    expect(service.requests).toHaveLength(4);
  });

  it('waits as long as a 503 asks', async () => {
    const { transport, time } = makeTransport();
    service.replyWith(text('', 503, { 'retry-after': '7' }), json({}));
    await transport.send(GET);
    expect(time.slept).toEqual([7000]);
  });

  it('does not wait longer than maxWait in all', async () => {
    const { transport, time } = makeTransport({ maxWait: 1200 });
    service.replyWith(text('', 500));
    await failureOf(transport.send(GET));
    expect(time.slept).toEqual([500]);
  });

  it.each([
    ['500', json({ error: 'Internal' }, 500), 500],
    ['408', json({}, 408), 408],
    ['a cut connection', cut(), undefined],
    ['an answer cut in the middle', cut('{"id":'), undefined],
    ['200 with HTML', text('<html></html>', 200), 200],
  ])('never repeats a POST after %s, and says that it may have had an effect', async (...row) => {
    const [, reply, status] = row;
    const { transport } = makeTransport();
    service.replyWith(reply);
    const error = await failureOf(transport.send(POST));
    expect(error).toBeInstanceOf(ApiOutcomeUnknownError);
    expect(error.status).toBe(status);
    expect(service.requests).toHaveLength(1);
  });

  it('repeats a POST that a 429 refused, after the pause', async () => {
    const { transport, time } = makeTransport();
    const start = time.now();
    service.replyWith(
      json({ error: 'Rate limit exceeded' }, 429, { 'retry-after': '20' }),
      json({}),
    );
    await transport.send(POST);
    expect(service.requests).toHaveLength(2);
    expect(time.now() - start).toBe(20_000);
  });

  it.each([
    ['read EHOSTUNREACH', { code: 'EHOSTUNREACH', syscall: 'read' }],
    ['write ENETUNREACH', { code: 'ENETUNREACH', syscall: 'write' }],
    ['read ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'read' }],
    [
      'a certificate refused after the handshake',
      { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
    ],
    ['an error without a code', {}],
  ])(
    'never repeats a POST after %s, which may have come when it was sent',
    async (_name, cause) => {
      let sent = 0;
      const fetch = (): Promise<Response> => {
        sent += 1;
        return Promise.reject(
          new TypeError('fetch failed', { cause: Object.assign(new Error('cut'), cause) }),
        );
      };
      const { transport } = makeTransport({ fetch });
      expect(await failureOf(transport.send(POST))).toBeInstanceOf(ApiOutcomeUnknownError);
      expect(sent).toBe(1);
    },
  );

  it.each([
    ['a connection that timed out', { code: 'ETIMEDOUT', syscall: 'connect' }],
    ['undici’s own limit for connecting', { code: 'UND_ERR_CONNECT_TIMEOUT' }],
    ['an unreachable network', { code: 'ENETUNREACH', syscall: 'connect' }],
    ['a name that does not resolve', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }],
    ['a certificate that has expired', { code: 'CERT_HAS_EXPIRED' }],
  ])('repeats a POST after %s', async (_name, cause) => {
    let sent = 0;
    const fetch = (): Promise<Response> => {
      sent += 1;
      return Promise.reject(
        new TypeError('fetch failed', { cause: Object.assign(new Error('no'), cause) }),
      );
    };
    const { transport } = makeTransport({ fetch });
    expect(await failureOf(transport.send(POST))).toBeInstanceOf(ApiUnavailableError);
    expect(sent).toBe(4);
  });

  it('repeats a POST to a port that speaks no TLS, since the handshake comes first', async () => {
    const { transport } = makeTransport({ baseUrl: service.baseUrl.replace('http:', 'https:') });
    expect(await failureOf(transport.send(POST))).toBeInstanceOf(ApiUnavailableError);
  });

  it('repeats a POST whose connection was refused, since nothing was sent', async () => {
    const port = await freePort();
    const { transport, time } = makeTransport({ baseUrl: `http://127.0.0.1:${port}/api/v1` });
    const error = await failureOf(transport.send(POST));
    expect(error).toBeInstanceOf(ApiUnavailableError);
    expect(time.slept).toEqual([500, 1000, 2000]);
  });
});

describe('time', () => {
  async function hang(call: ApiCall, options: ApiCallOptions = {}) {
    const { transport, time } = makeTransport({ maxRetries: 0 });
    const arrived = new Promise<void>((resolve) => service.replyWith(() => resolve()));
    const failed = failureOf(transport.send(call, options));
    await arrived;
    return { limits: time.expireLimits(), error: await failed };
  }

  it('ends a GET that is not answered in 10 s', async () => {
    const { limits, error } = await hang(GET);
    expect(limits).toEqual([10_000]);
    expect(error).toBeInstanceOf(ApiUnavailableError);
    expect(String(error.cause)).toContain('10000 ms');
  });

  it('takes a POST that is not answered in time for one of unknown outcome', async () => {
    const { limits, error } = await hang(POST, { timeout: 1500 });
    expect(limits).toEqual([1500]);
    expect(error).toBeInstanceOf(ApiOutcomeUnknownError);
  });

  it('rejects an aborted GET with the reason of the abort', async () => {
    const { transport } = makeTransport();
    const stop = new AbortController();
    service.replyWith(() => stop.abort(new Error('shutting down')));
    await expect(transport.send(GET, { signal: stop.signal })).rejects.toThrow('shutting down');
    await expect(transport.send(GET, { signal: stop.signal })).rejects.toThrow('shutting down');
    expect(service.requests).toHaveLength(1);
  });

  it('tells of an aborted POST that it may have had an effect', async () => {
    const { transport } = makeTransport();
    const stop = new AbortController();
    service.replyWith(() => stop.abort(new Error('shutting down')));
    const error = await failureOf(transport.send(POST, { signal: stop.signal }));
    expect(error).toBeInstanceOf(ApiOutcomeUnknownError);
    expect(error.cause).toEqual(new Error('shutting down'));
  });
});

describe('redirects', () => {
  it('does not follow one to another host, so that the key stays here', async () => {
    const { transport } = makeTransport();
    elsewhere.replyWith(json({}));
    service.replyWith(text('', 307, { location: `${elsewhere.baseUrl}/things` }));
    for (const call of [GET, POST]) {
      const error = await failureOf(transport.send(call));
      expect(error).toBeInstanceOf(ApiUnexpectedResponseError);
      expect(error.message).toContain(elsewhere.origin);
    }
    expect(elsewhere.requests).toHaveLength(0);
  });

  it('follows a GET on the same host', async () => {
    const { transport, apiKey } = makeTransport();
    service.replyWith(text('', 301, { location: '/api/v1/other?page=2' }), json({ moved: true }));
    await expect(transport.send(GET)).resolves.toMatchObject({ body: { moved: true } });
    expect(service.requests[1]).toMatchObject({ path: '/other?page=2' });
    expect(service.requests[1]?.headers['x-secret-key']).toBe(apiKey);
  });

  it('ends an endless one after five', async () => {
    const { transport } = makeTransport();
    service.replyWith(text('', 302, { location: '/api/v1/things' }));
    expect(await failureOf(transport.send(GET))).toBeInstanceOf(ApiUnexpectedResponseError);
    expect(service.requests).toHaveLength(6);
  });

  it('follows no POST, not even on the same host', async () => {
    const { transport } = makeTransport();
    service.replyWith(text('', 308, { location: '/api/v1/other' }));
    expect(await failureOf(transport.send(POST))).toBeInstanceOf(ApiUnexpectedResponseError);
    expect(service.requests).toHaveLength(1);
  });
});

describe('errors', () => {
  it.each([
    [400, ApiRequestRefusedError],
    [401, ApiAuthError],
    [402, ApiPaymentRequiredError],
    [403, ApiAuthError],
    [404, ApiNotFoundError],
    [405, ApiNotSupportedError],
    [409, ApiConflictError],
    [422, ApiRequestRefusedError],
    [501, ApiNotSupportedError],
  ])('maps %d to its own class, at once', async (status, type) => {
    const { transport } = makeTransport();
    service.replyWith(json({ error: 'In its own words' }, status));
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, serviceMessage: 'In its own words' });
    expect(error.message).toContain(`Stub answered ${status} to GET /things. “In its own words”`);
    expect(service.requests).toHaveLength(1);
  });

  it.each([
    ['{error}', '{"error":"Bad"}', { serviceMessage: 'Bad' }],
    [
      '{error: {message, code}}',
      '{"error":{"message":"Bad","code":"X"}}',
      {
        serviceMessage: 'Bad',
        serviceCode: 'X',
      },
    ],
    ['{message}', '{"message":"Bad"}', { serviceMessage: 'Bad' }],
    [
      '{error, code, details, requestId}',
      '{"error":"Bad","code":"INVALID_INPUT","details":{"field":"url"},"requestId":"r1"}',
      { serviceCode: 'INVALID_INPUT', details: { field: 'url' }, requestId: 'r1' },
    ],
    ['text', 'Bad\n  thing', { serviceMessage: 'Bad thing' }],
    ['HTML', '<h1>Bad</h1>', { serviceMessage: 'Bad' }],
    ['nothing', '', { serviceMessage: undefined }],
    [
      'details without an end',
      `{"details":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      { details: undefined },
    ],
    ['half a JSON', '{"error":', { serviceMessage: '{"error":' }],
    ['null', 'null', { serviceMessage: 'null' }],
  ])('reads an error body of the form %s', async (_name, body, expected) => {
    const { transport } = makeTransport();
    service.replyWith(text(body, 400));
    expect(await failureOf(transport.send(GET))).toMatchObject(expected);
  });

  it('cuts long texts, takes the request id from the header and the key out of everything', async () => {
    const { transport, apiKey } = makeTransport();
    service.replyWith((response) => {
      response.writeHead(400, { 'x-request-id': 'req_7' });
      response.end(JSON.stringify({ error: `${apiKey} ${'x'.repeat(5000)}`, details: { apiKey } }));
    });
    const error = await failureOf(transport.send(GET));
    expect(error.requestId).toBe('req_7');
    expect(error.serviceMessage?.length).toBeLessThan(310);
    expect(error.details).toEqual({ apiKey: '[key]' });
  });

  it('takes a 404 that is no JSON for a proxy’s: the service itself has not been asked', async () => {
    const { transport } = makeTransport();
    service.replyWith(text('<html><title>404 Not Found</title>nginx</html>', 404));
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(ApiUnavailableError);
    expect(error).toMatchObject({ status: 404, serviceMessage: '404 Not Found' });
    expect(error.message).toContain('base URL');
    expect(await failureOf(transport.send(POST))).toBeInstanceOf(ApiOutcomeUnknownError);
    expect(service.requests).toHaveLength(2);
  });

  it('takes a key of any characters out of all that the service repeats, however it is written', async () => {
    const apiKey = `${API_KEY}"<&\\/+%'${(keys += 1)}`;
    const written = [
      apiKey,
      JSON.stringify(apiKey),
      encodeURIComponent(apiKey),
      encodeURIComponent(apiKey).replace(/%../g, (code) => code.toLowerCase()),
      new URLSearchParams({ k: apiKey }).toString(),
      apiKey.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;'),
    ].join(' ');
    const { transport } = makeTransport({ apiKey });
    const asJson = { error: written, code: apiKey, details: { [apiKey]: [apiKey] } };
    for (const reply of [
      json(asJson, 400, { 'x-request-id': apiKey }),
      text(written, 400),
      text(JSON.stringify(written).slice(0, -1), 400),
      text('{}', 200, { 'content-type': `text/${apiKey}` }),
      text('<html>', 200, { 'content-type': `text/${apiKey}` }),
    ]) {
      service.replyWith(reply);
      const error: unknown = await transport.send(GET).catch((reason: unknown) => reason);
      expect(inspect(error, { depth: 10 })).not.toContain('never_show_me');
    }
  });

  it.each([
    ['HTML', text('<html>whsec_1</html>', 200, { 'content-type': 'text/html' })],
    ['half a JSON', text('{"secret":"whsec_1"', 200)],
  ])('does not quote a 2xx that is %s, nor repeats the call', async (_name, reply) => {
    const { transport } = makeTransport();
    service.replyWith(reply);
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(ApiUnexpectedResponseError);
    expect(inspect(error)).not.toContain('whsec_1');
    expect(service.requests).toHaveLength(1);
  });

  it('stops reading an answer that is too long', async () => {
    const { transport } = makeTransport({ maxResponseBytes: 1000 });
    service.replyWith(json({ big: 'x'.repeat(100_000) }));
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(ApiUnexpectedResponseError);
    expect(error.message).toContain('maxResponseBytes');
  });

  it('takes an empty 204', async () => {
    const { transport } = makeTransport();
    service.replyWith(text('', 204));
    await expect(transport.send(GET)).resolves.toMatchObject({ status: 204, body: undefined });
  });

  it('refuses keys and base URLs that cannot be any, without repeating them', () => {
    for (const apiKey of ['', ' ', 'a\nb', 'ключ', undefined as unknown as string]) {
      expect(() => makeTransport({ apiKey })).toThrow(ArmoxArmaloConfigurationError);
    }
    for (const baseUrl of [
      'armox.ai',
      'ftp://armox.ai',
      'https://u:pw@armox.ai',
      'https://a/?k=pw',
    ]) {
      expect(() => makeTransport({ baseUrl })).toThrow(/^Option `stub.baseUrl`: (?!.*pw)/);
    }
  });
});

describe('a wall clock that jumps', () => {
  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('an hour %s neither lengthens nor ends the pause after a 429', async (_name, jump) => {
    const time = new FlowingTime();
    let offset = 0;
    const clock = { now: () => time.now() + offset };
    const { transport } = makeTransport({ clock, timers: time });
    service.replyWith(json({}, 429, { 'retry-after': '60' }), json({ ok: true }));
    const start = time.now();
    const answer = transport.send(GET);
    await time.sleep(20_000);
    offset = jump;
    await expect(answer).resolves.toMatchObject({ body: { ok: true } });
    expect(time.now() - start).toBe(60_000);
  });

  it('an hour back does not stop the rate limit’s minute', async () => {
    const time = new FlowingTime();
    let offset = 0;
    const clock = { now: () => time.now() + offset };
    const { transport } = makeTransport({ clock, timers: time, requestsPerMinute: 1 });
    service.replyWith(json({}));
    await transport.send(GET);
    offset = -3_600_000;
    const start = time.now();
    await transport.send(GET);
    expect(time.now() - start).toBe(60_000);
  });

  it.each([
    ['x-ratelimit-reset', `${Date.UTC(2026, 0, 1) / 1000 + 13}`],
    ['retry-after', 'Thu, 01 Jan 2026 00:00:13 GMT'],
  ])('does not matter to %s, which is read by the answer’s own date', async (header, value) => {
    const clock = { now: () => Date.UTC(2026, 0, 1, 7) };
    const { transport } = makeTransport({ clock, maxRetries: 0 });
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    service.replyWith(json({}, 429, { date, [header]: value }));
    expect(await failureOf(transport.send(GET))).toMatchObject({ retryAfterMs: 13_000 });
  });
});

describe('429', () => {
  it('fails at once where the pause is longer than the call may wait, and warns once', async () => {
    const { transport, warnings } = makeTransport({ maxWait: 5000 });
    service.replyWith(json({ error: 'Rate limit exceeded' }, 429, { 'retry-after': '60' }));
    const error = await failureOf(transport.send(GET));
    expect(error).toBeInstanceOf(ApiRateLimitedError);
    expect(error).toMatchObject({ status: 429, retryAfterMs: 60_000 });
    expect(warnings).toEqual([
      'Stub answered 429 to GET /things: all calls with this key wait for 60 s.',
    ]);
  });

  it('warns once of a pause, however many calls it refuses', async () => {
    const { transport, warnings } = makeTransport({ maxRetries: 0 });
    service.replyWith(json({}, 429));
    await Promise.all([1, 2, 3, 4, 5].map(() => failureOf(transport.send(GET))));
    expect(service.requests).toHaveLength(5);
    expect(warnings).toHaveLength(1);
  });

  it('holds back the calls of every client with the same key', async () => {
    const { transport, time, apiKey } = makeTransport({ maxWait: 5000 });
    const other = makeTransport({ apiKey, maxWait: 5000 });
    service.replyWith(json({}, 429, { 'retry-after': '60' }), json({}));
    await failureOf(transport.send(GET));
    const error = await failureOf(other.transport.send(GET));
    expect(error).toMatchObject({ status: undefined, retryAfterMs: 60_000 });
    expect(service.requests).toHaveLength(1);
    await time.sleep(60_000);
    await other.transport.send(GET);
    expect(service.requests).toHaveLength(2);
  });

  it.each([
    ['seconds', { 'retry-after': '30' }, 30],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:45 GMT' }, 45],
    ['nothing', {}, 60],
    ['nonsense', { 'retry-after': 'soon' }, 60],
    ['zero', { 'retry-after': '0' }, 1],
    ['a day', { 'retry-after': '86400' }, 300],
    ['a reset in seconds left', { 'x-ratelimit-reset': '12' }, 12],
    [
      'a reset in epoch seconds',
      { 'x-ratelimit-reset': `${Date.UTC(2026, 0, 1) / 1000 + 13}` },
      13,
    ],
    [
      'a reset in epoch milliseconds',
      { 'x-ratelimit-reset': `${Date.UTC(2026, 0, 1) + 14_000}` },
      14,
    ],
  ])('reads a Retry-After of %s', async (_name, headers: Record<string, string>, seconds) => {
    const { transport } = makeTransport({ maxRetries: 0 });
    service.replyWith((response, request) => {
      response.sendDate = false;
      json({}, 429, headers)(response, request);
    });
    expect(await failureOf(transport.send(GET))).toMatchObject({ retryAfterMs: seconds * 1000 });
  });

  it('leaves no request without an end when the service is silent', async () => {
    const { transport, time } = makeTransport({ maxRetries: 1 });
    service.replyWith(silence);
    const failed = failureOf(transport.send(GET));
    let ended = false;
    void failed.then(() => (ended = true));
    while (!ended) {
      time.expireLimits();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await failed).toBeInstanceOf(ApiUnavailableError);
  });
});

describe('the system’s timer', () => {
  it('wakes, and rejects with the reason of an abort', async () => {
    await systemTimers.sleep(1);
    const stop = new AbortController();
    const sleeping = systemTimers.sleep(60_000, stop.signal);
    stop.abort(new Error('shutting down'));
    await expect(sleeping).rejects.toThrow('shutting down');
  });

  it('ends a request that takes too long', async () => {
    const { transport } = makeTransport({ timers: systemTimers, maxRetries: 0, timeout: 5 });
    service.replyWith(silence);
    expect(await failureOf(transport.send(GET))).toBeInstanceOf(ApiUnavailableError);
  });
});
