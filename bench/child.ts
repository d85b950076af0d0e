import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const TYPESCRIPT = fileURLToPath(new URL('../test/chaos/typescript.mjs', import.meta.url));

/** A process that answers one message at a time. */
export class Child {
  private readonly process: ChildProcess;

  /** @param file its path from the folder of the benches */
  constructor(file: string, args: readonly string[] = [], nodeOptions: readonly string[] = []) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const compiler = file.endsWith('.ts') ? ['--import', TYPESCRIPT] : [];
    this.process = fork(path, [...args], {
      execArgv: ['--disable-warning=ExperimentalWarning', ...nodeOptions, ...compiler],
    });
  }

  async next<Answer>(): Promise<Answer> {
    const ended = new AbortController();
    const early = once(this.process, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('A process of the bench ended before it answered; its output says why.');
    });
    try {
      const [answer] = (await Promise.race([once(this.process, 'message'), early])) as [Answer];
      return answer;
    } finally {
      ended.abort();
      early.catch(() => undefined);
    }
  }

  ask<Answer>(message: object | string): Promise<Answer> {
    const answer = this.next<Answer>();
    this.process.send(message);
    return answer;
  }

  async end(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.send('end');
    await exited;
  }

  kill(): void {
    this.process.kill();
  }
}
