import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** Path and query below /api/v1. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export type Reply = (response: ServerResponse, request: SeenRequest) => void;

/** A service of a few lines on a real port: it answers with its replies in turn, the last one for ever. */
export class StubService {
  readonly requests: SeenRequest[] = [];
  private replies: Reply[] = [];
  private readonly server = createServer(
    (request, response) => void this.answer(request, response),
  );

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get baseUrl(): string {
    return `${this.origin}/api/v1`;
  }

  replyWith(...replies: Reply[]): void {
    this.requests.length = 0;
    this.replies = replies;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request: SeenRequest = {
      method: message.method ?? '',
      path: (message.url ?? '').replace(/^\/api\/v1/, ''),
      headers: message.headers,
      body: text ? (JSON.parse(text) as unknown) : undefined,
    };
    this.requests.push(request);
    const reply = this.replies[Math.min(this.requests.length, this.replies.length) - 1];
    reply?.(response, request);
  }
}

export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function text(
  body: string,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Takes the request and cuts the connection, in the middle of the answer where `partial` is given. */
export function cut(partial?: string): Reply {
  return (response) => {
    if (partial === undefined) return response.socket?.destroy();
    response.writeHead(200, { 'content-length': '1000' });
    response.write(partial, () => response.socket?.destroy());
  };
}

export const silence: Reply = () => undefined;
