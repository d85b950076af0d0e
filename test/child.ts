import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A process of its own, whose output a test can wait for. */
export class Child {
  private text = '';
  private readonly process: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.process = spawn(command, args, { env: { ...process.env, NO_COLOR: '1', ...env } });
    this.ended = once(this.process, 'close');
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (data: Buffer) => (this.text += data.toString()));
    }
  }

  static node(args: readonly string[], env: Record<string, string> = {}): Child {
    return new Child(process.execPath, args, env);
  }

  get output(): string {
    return this.text;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Resolves with the match once the output has it; rejects when the process ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`The process ended without saying ${String(pattern)}:\n${this.text}`);
      }
      await Promise.race([once(this.process.stdout ?? this.process, 'data'), this.ended]);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** @returns the exit code, or null where a signal ended it */
  async end(): Promise<number | null> {
    await this.ended;
    return this.process.exitCode;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.kill('SIGKILL');
    await this.ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Asks again until `ready` says so; the test's own timeout is the limit. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  ready: (value: Value) => boolean,
): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (ready(value)) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
