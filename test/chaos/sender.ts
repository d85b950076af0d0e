import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from './seed.js';

export interface Answer {
  /** 0 when the connection broke, or nothing came in time. */
  readonly status: number;
  readonly retryAfter: boolean;
  readonly body: string;
  readonly took: number;
}

/** Signed or not; its body may be anything. */
export interface RawRequest {
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

export interface Delivery {
  /** As it stands in the effect table. */
  readonly name: string;
  readonly path: string;
  readonly request: RawRequest;
}

/** The services' side: posts signed requests, and sends again whatever was not answered 2xx. */
export class Sender {
  /** Names of the events of which at least one delivery was answered 2xx. */
  readonly acknowledged = new Set<string>();
  readonly statuses = new Map<number, number>();
  readonly wrong: string[] = [];
  slowest = 0;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 200 });

  constructor(
    private readonly ports: () => readonly number[],
    private readonly random: Random,
    private readonly answerTimeout = 15_000,
  ) {}

  somePort(): number | undefined {
    return this.random.pick(this.ports());
  }

  /** Until it is answered 2xx. */
  async deliver(delivery: Delivery, until = Date.now() + 120_000): Promise<void> {
    while (Date.now() < until) {
      const port = this.random.pick(this.ports());
      if (port !== undefined) {
        const answer = await this.post(port, delivery.path, delivery.request);
        if (answer.status >= 200 && answer.status < 300) {
          this.acknowledged.add(delivery.name);
          return;
        }
      }
      await pause(10 + this.random.below(60));
    }
    this.wrong.push(`${delivery.name} was never answered 2xx`);
  }

  /** Once. */
  async post(port: number, path: string, { headers, body }: RawRequest): Promise<Answer> {
    const began = performance.now();
    const answer = await new Promise<Omit<Answer, 'took'>>((resolve) => {
      const broken = (): void => resolve({ status: 0, retryAfter: false, body: '' });
      const sent = request(
        { host: '127.0.0.1', port, path, method: 'POST', headers, agent: this.agent },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', broken);
          response.on('close', broken);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'] !== undefined,
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      sent.on('error', broken);
      sent.setTimeout(this.answerTimeout, () => sent.destroy());
      sent.end(body);
    });
    const took = performance.now() - began;
    this.note(answer, took);
    return { ...answer, took };
  }

  close(): void {
    this.agent.destroy();
  }

  private note({ status, retryAfter, body }: Omit<Answer, 'took'>, took: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.slowest = Math.max(this.slowest, took);
    if (status > 500 && status !== 503) this.wrong.push(`answered ${status}: ${body}`);
    if (status === 500) this.wrong.push(`answered 500: ${body}`);
    if (status === 503 && !retryAfter) this.wrong.push('answered 503 without Retry-After');
  }
}
