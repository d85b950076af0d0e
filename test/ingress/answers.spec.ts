import { connect, type Socket } from 'node:net';
import { deflateSync, gzipSync, brotliCompressSync } from 'node:zlib';
import { IngressCounters } from '../../lib/ingress/index.js';
import {
  adapters,
  json,
  LIMIT,
  open,
  send,
  sign,
  startApp,
  type Answer,
  type RunningApp,
  type Sending,
} from './webhook-app.js';

const event = (id: string, filler = ''): Buffer =>
  Buffer.from(JSON.stringify({ id, event: 'thing.made', filler }));

const sized = (id: string, size: number): Buffer => event(id, 'x'.repeat(size - event(id).length));

const signed = (body: Buffer, headers: Sending['headers'] = {}): Sending => ({
  body,
  headers: { 'content-type': 'application/json', 'x-acme-signature': sign(body), ...headers },
});

const stored = (id: string) => ({ received: true, duplicate: false, id });
const unauthorized = { message: 'Unauthorized', statusCode: 401 };
const tooLarge = { message: 'Payload Too Large', statusCode: 413 };
const noEvent = {
  message: 'The body is no readable event.',
  error: 'Bad Request',
  statusCode: 400,
};

interface Row {
  readonly what: string;
  readonly send: Sending;
  readonly status: number;
  readonly answer: unknown;
  /** Rows in the inbox afterwards. */
  readonly kept: number;
}

const body = event('e1');
const row = (what: string, sending: Sending, status: number, answer: unknown, kept = 0): Row => ({
  what,
  send: sending,
  status,
  answer,
  kept,
});
const accepted = (what: string, sending: Sending, id = 'e1') =>
  row(what, sending, 200, stored(id), 1);
const forged = (what: string, headers: NonNullable<Sending['headers']>) =>
  row(
    what,
    { body, headers: { 'content-type': 'application/json', ...headers } },
    401,
    unauthorized,
  );

const gzipped = gzipSync(body);
const rows: readonly Row[] = [
  accepted('valid and new', signed(body)),
  accepted('with a charset', signed(body, { 'content-type': 'application/json; charset=latin1' })),
  accepted('as text', signed(body, { 'content-type': 'text/plain' })),
  accepted('as a form', signed(body, { 'content-type': 'application/x-www-form-urlencoded' })),
  accepted('as multipart', signed(body, { 'content-type': 'multipart/form-data; boundary=x' })),
  accepted('as +json', signed(body, { 'content-type': 'application/cloudevents+json' })),
  accepted('with a broken content type', signed(body, { 'content-type': 'nonsense' })),
  accepted('without content type', { body, headers: { 'x-acme-signature': sign(body) } }),
  accepted('chunked', { ...signed(body), chunked: 7 }),
  accepted('exactly at the limit', signed(sized('e1', LIMIT))),
  accepted('chunked, exactly at the limit', { ...signed(sized('e1', LIMIT)), chunked: 100 }),
  accepted('with a query', { ...signed(body), path: '/webhooks/acme?x=1' }),
  accepted('with a trailing newline', signed(Buffer.concat([body, Buffer.from('\n')]))),
  accepted('gzip, signed as sent', signed(gzipped, { 'content-encoding': 'gzip' })),
  accepted('gzip, signed before', {
    body: gzipped,
    headers: { 'content-encoding': 'gzip', 'x-acme-signature': sign(body) },
  }),
  accepted('deflate', signed(deflateSync(body), { 'content-encoding': 'deflate' })),
  accepted('brotli', signed(brotliCompressSync(body), { 'content-encoding': 'BR' })),
  accepted('identity', signed(body, { 'content-encoding': 'identity' })),
  accepted(
    'gzip, exactly at the limit',
    signed(gzipSync(sized('e1', LIMIT)), { 'content-encoding': 'gzip' }),
  ),
  row('no JSON', signed(Buffer.from('{"id":')), 400, noEvent),
  row('no event name', signed(Buffer.from('{}')), 400, noEvent),
  row('empty, signed', signed(Buffer.alloc(0)), 400, noEvent),
  row('chunked, empty, signed', { ...signed(Buffer.alloc(0)), chunked: 1 }, 400, noEvent),
  row('invalid UTF-8, signed', signed(Buffer.from([0xff, 0xfe, 0x80])), 400, noEvent),
  forged('no signature', {}),
  forged('empty signature', { 'x-acme-signature': '' }),
  forged('wrong signature', { 'x-acme-signature': sign(body, 'another') }),
  forged('truncated signature', { 'x-acme-signature': sign(body).slice(1) }),
  forged('doubled header', { 'x-acme-signature': [sign(body), sign(body)] }),
  forged('comma-joined header', { 'x-acme-signature': `${sign(body)},${sign(body)}` }),
  forged('signature of another body', { 'x-acme-signature': sign(event('e2')) }),
  row('empty, unsigned', { body: Buffer.alloc(0) }, 401, unauthorized),
  row('over the limit', signed(sized('e1', LIMIT + 1)), 413, tooLarge),
  row('far over the limit', signed(sized('e1', 500 * LIMIT)), 413, tooLarge),
  row('chunked, over the limit', { ...signed(sized('e1', LIMIT + 1)), chunked: 64 }, 413, tooLarge),
  row('over the limit, unsigned', { body: sized('e1', LIMIT + 1) }, 401, unauthorized),
  row('far over the limit, unsigned', { body: sized('e1', 500 * LIMIT) }, 401, unauthorized),
  forged('no signature, over a broken encoding', { 'content-encoding': 'gzip' }),
  forged('a malformed signature, over an unknown encoding', {
    'content-encoding': 'zstd',
    'x-acme-signature': 'x',
  }),
  row(
    'gzip that grows over the limit',
    signed(gzipSync(sized('e1', LIMIT + 1)), { 'content-encoding': 'gzip' }),
    413,
    tooLarge,
  ),
  row('no gzip', signed(body, { 'content-encoding': 'gzip' }), 400, {
    message: 'The body is not what its Content-Encoding says.',
    error: 'Bad Request',
    statusCode: 400,
  }),
  row('unknown encoding', signed(body, { 'content-encoding': 'zstd' }), 415, {
    message: 'The Content-Encoding is not supported.',
    error: 'Unsupported Media Type',
    statusCode: 415,
  }),
  row('unknown source', { ...signed(body), path: '/webhooks/nobody' }, 404, {
    message: 'Cannot POST /webhooks/nobody',
    error: 'Not Found',
    statusCode: 404,
  }),
  row('account of a source without accounts, unsigned', { body, path: '/webhooks/acme/a1' }, 404, {
    message: 'Cannot POST /webhooks/acme/a1',
    error: 'Not Found',
    statusCode: 404,
  }),
  row('account of a source without accounts', { ...signed(body), path: '/webhooks/acme/a1' }, 404, {
    message: 'Cannot POST /webhooks/acme/a1',
    error: 'Not Found',
    statusCode: 404,
  }),
];

/** A connection whose bytes the test writes itself. */
const rawSocket = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => undefined);
  });

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

describe.each(adapters)('A webhook route on %s', (adapter) => {
  let running: RunningApp;
  beforeAll(async () => {
    running = await startApp({ adapter });
  });
  afterAll(async () => running.app.close());
  beforeEach(() => {
    running.inbox.events.length = 0;
    running.inbox.failure = undefined;
  });

  const counted = (outcome: Parameters<IngressCounters['of']>[1]): number =>
    running.app.get(IngressCounters).of('acme', outcome);

  it.each(rows)('answers $status to: $what', async (expected) => {
    const answer = await send(running.port, expected.send);
    expect({ status: answer.status, json: json(answer) }).toEqual({
      status: expected.status,
      json: expected.answer,
    });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(running.inbox.events).toHaveLength(expected.kept);
  });

  it('keeps the decoded bytes of what it accepted', async () => {
    await send(running.port, signed(gzipped, { 'content-encoding': 'gzip' }));
    expect(running.inbox.events[0]?.body.equals(body)).toBe(true);
  });

  it('tells a duplicate, and counts both', async () => {
    const before = { stored: counted('stored'), duplicate: counted('duplicate') };
    await send(running.port, signed(body));
    const second = await send(running.port, signed(body));
    expect(json(second)).toEqual({ received: true, duplicate: true, id: 'e1' });
    expect(counted('stored') - before.stored).toBe(1);
    expect(counted('duplicate') - before.duplicate).toBe(1);
  });

  it('counts what it rejects', async () => {
    const before = { rejected: counted('rejected'), large: counted('too-large') };
    await send(running.port, { body });
    await send(running.port, signed(sized('e1', LIMIT + 1)));
    expect(counted('rejected') - before.rejected).toBe(1);
    expect(counted('too-large') - before.large).toBe(1);
  });

  it('answers 503 with Retry-After, and nothing about the reason, while the store is down', async () => {
    running.inbox.breakDown();
    const answer = await send(running.port, signed(body));
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(json(answer)).toEqual({ message: 'Service Unavailable', statusCode: 503 });
  });

  it('answers 500 without a message or stack to an error that nobody foresaw', async () => {
    running.inbox.failure = Object.assign(new Error('SELECT secret'), {
      statusCode: 418,
      status: 418,
      expose: true,
    });
    const answer = await send(running.port, signed(body));
    expect(json(answer)).toEqual({ message: 'Internal Server Error', statusCode: 500 });
  });

  it('answers 413 and closes, although the upload never ends', async () => {
    const answer = await send(running.port, {
      ...signed(sized('e1', LIMIT + 1)),
      endless: true,
    });
    expect(answer.status).toBe(413);
    expect(answer.headers.connection).toBe('close');
  });

  it('takes an upload that comes byte by byte', async () => {
    const socket = await rawSocket(running.port);
    socket.setNoDelay(true);
    const head = `POST /webhooks/acme HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\nx-acme-signature: ${sign(body)}\r\n\r\n`;
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
    });
    for (const byte of Buffer.concat([Buffer.from(head), body])) {
      await new Promise<void>((resolve) =>
        socket.write(Buffer.from([byte]), () => setImmediate(resolve)),
      );
    }
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
  });

  it('keeps nothing of an upload that breaks off, and goes on serving', async () => {
    const socket = await rawSocket(running.port);
    socket.write(
      `POST /webhooks/acme HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nx-acme-signature: ${sign(body)}\r\n\r\n${body.toString()}`,
    );
    const before = counted('malformed');
    socket.destroy();
    await closed(socket);
    expect((await send(running.port, signed(body))).status).toBe(200);
    expect(running.inbox.events).toHaveLength(1);
    while (counted('malformed') === before) await new Promise(setImmediate);
  });

  it('serves one request after another on one connection', async () => {
    const socket = await rawSocket(running.port);
    const request = (bytes: Buffer, last: boolean) =>
      `POST /webhooks/acme HTTP/1.1\r\nhost: x\r\n${last ? 'connection: close\r\n' : ''}content-length: ${bytes.length}\r\nx-acme-signature: ${sign(bytes)}\r\n\r\n${bytes.toString()}`;
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write(request(body, false) + request(event('e2'), true));
    await closed(socket);
    expect(text.match(/HTTP\/1.1 200 /g)).toHaveLength(2);
  });
});

describe('Express and Fastify', () => {
  it('give the same bytes in answer to every row', async () => {
    const apps = await Promise.all(adapters.map((adapter) => startApp({ adapter })));
    for (const { what, send: sending } of rows) {
      const answers: Answer[] = [];
      for (const { port } of apps) answers.push(await send(port, sending));
      const [first, second] = answers.map(({ status, text }) => ({ what, status, text }));
      expect(first).toEqual(second);
    }
    await Promise.all(apps.map(({ app }) => app.close()));
  });
});

describe.each(adapters)('Closing on %s', (adapter) => {
  it('ends, although an upload that is too large is still under way', async () => {
    const { app, port } = await startApp({ adapter });
    const upload = open(port, { headers: { 'x-acme-signature': sign(body) } });
    upload.on('error', () => undefined);
    const answered = new Promise((resolve) => upload.on('response', resolve));
    upload.write(Buffer.alloc(LIMIT + 1));
    await answered;
    await app.close();
    upload.destroy();
  });
});
