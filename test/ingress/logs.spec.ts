import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { InboxUnavailableError } from '../../lib/core/index.js';
import { ThrottledLog } from '../../lib/ingress/webhook/throttled-log.js';
import {
  adapters,
  LIMIT,
  send,
  sign,
  startApp,
  type RunningApp,
  type Sending,
} from './webhook-app.js';

const signed = (body: Buffer): Sending => ({ body, headers: { 'x-acme-signature': sign(body) } });
const delivery = signed(Buffer.from('{"id":"e1","event":"thing.made"}'));

const closing: RunningApp[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const { app } of closing.splice(0)) await app.close();
});

const start = async (options: Parameters<typeof startApp>[0]): Promise<RunningApp> => {
  const running = await startApp(options);
  closing.push(running);
  return running;
};

const linesOf = (level: 'warn' | 'error') => {
  const log = jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  return () => log.mock.calls.map(([line]) => String(line));
};

describe.each(adapters)('On %s the log', (adapter) => {
  it('tells once why deliveries are answered 503, with code and text of the driver', async () => {
    const lines = linesOf('error');
    const { inbox, port } = await start({ adapter });
    const refused = Object.assign(
      new AggregateError([new Error('connect ECONNREFUSED ::1:5432')]),
      {
        code: 'ECONNREFUSED',
      },
    );
    inbox.failure = new InboxUnavailableError('It is not stored.', { cause: refused });
    for (let i = 0; i < 5; i += 1) expect((await send(port, delivery)).status).toBe(503);
    inbox.failure = new InboxUnavailableError('It is not stored.', {
      cause: Object.assign(new Error('Incorrect value: \'{"card":"4111"}\' for column `body`'), {
        code: 'ER_WRONG_VALUE',
      }),
    });
    await send(port, delivery);
    expect(lines()).toEqual([
      'A delivery of acme was answered 503, so that the sender tries again. It is not stored. Cause: ECONNREFUSED, connect ECONNREFUSED ::1:5432',
      'A delivery of acme was answered 503, so that the sender tries again. It is not stored. Cause: ER_WRONG_VALUE, Incorrect value: …',
    ]);
  });

  it('tells once that a signed delivery is no event, and not what it is', async () => {
    const lines = linesOf('warn');
    const { port } = await start({ adapter });
    for (let i = 0; i < 5; i += 1) {
      expect((await send(port, signed(Buffer.from('{"card":"4111"}')))).status).toBe(400);
    }
    expect(lines()).toEqual(['A delivery of acme was answered 400. Unreadable.']);
  });
});

describe('A throttled log', () => {
  it('writes a line a minute for each subject, and how many it has left out', () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    let elapsed = 0;
    const log = new ThrottledLog({ warn: write, error: write }, { now: () => elapsed });
    for (let i = 0; i < 3; i += 1) log.warn('a', 'first');
    log.error('b', 'other');
    elapsed = 59_999;
    log.warn('a', 'second');
    elapsed = 60_000;
    log.warn('a', 'third');
    expect(lines).toEqual(['first', 'other', 'third (3 more since the last line)']);
  });
});

describe('Bytes that a platform has left in `body`', () => {
  const onPlatform = () => {
    const instance = express().use(express.raw({ type: () => true }));
    return start({ adapter: 'express', adapterInstance: new ExpressAdapter(instance) });
  };

  it('are taken as the raw body', async () => {
    const { inbox, port } = await onPlatform();
    expect((await send(port, delivery)).status).toBe(200);
    expect(inbox.events[0]?.body.equals(delivery.body as Buffer)).toBe(true);
    expect((await send(port, { ...delivery, headers: {} })).status).toBe(401);
  });

  it('are held to the limit', async () => {
    const { port } = await onPlatform();
    expect((await send(port, signed(Buffer.alloc(LIMIT + 1)))).status).toBe(413);
  });
});
