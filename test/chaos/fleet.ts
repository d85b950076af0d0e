import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type {
  CrashPoint,
  ReplicaCommand,
  ReplicaMessage,
  ReplicaOptions,
} from './replica.options.js';

const FILE = fileURLToPath(new URL('./replica.ts', import.meta.url));
const LOADER = new URL('./typescript.mjs', import.meta.url).href;
const BOOT_TIMEOUT = 60_000;

/** One process of the application. */
export class Replica {
  port: number | undefined;
  readonly unhandled: string[] = [];
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<
    ReplicaMessage['type'],
    ((message: ReplicaMessage) => void)[]
  >();
  private readonly crashed: CrashPoint[] = [];
  private errors = '';
  private asked = false;
  exited = false;

  constructor(readonly options: ReplicaOptions) {
    this.child = fork(FILE, {
      execArgv: ['--import', LOADER, '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, CHAOS_REPLICA: JSON.stringify(options) },
      stdio: ['ignore', process.env['CHAOS_LOG'] ? 'inherit' : 'ignore', 'pipe', 'ipc'],
    });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.errors = (this.errors + data.toString()).slice(-4_000);
    });
    this.child.on('message', (message: ReplicaMessage) => this.heard(message));
    this.gone = once(this.child, 'exit').then(([code, signal]) => {
      this.exited = true;
      this.port = undefined;
      if (!this.asked && signal !== 'SIGKILL') {
        this.unhandled.push(`exited by itself with ${String(code ?? signal)}: ${this.errors}`);
      }
      for (const resolve of this.waiting.get('ready') ?? []) resolve({ type: 'ready', port: 0 });
    });
  }

  /** @returns false when it died before it was ready */
  async ready(): Promise<boolean> {
    if (this.port !== undefined) return true;
    if (this.exited) return false;
    const timer = setTimeout(() => this.child.kill('SIGKILL'), BOOT_TIMEOUT);
    await this.next('ready');
    clearTimeout(timer);
    return this.port !== undefined;
  }

  async crashes(): Promise<CrashPoint> {
    const known = this.crashed.shift();
    if (known !== undefined) return known;
    const message = await this.next('crash');
    return (message as { point: CrashPoint }).point;
  }

  async memory(): Promise<number> {
    const answer = this.next('memory');
    this.tell({ type: 'memory' });
    return ((await answer) as { rss: number }).rss;
  }

  /** Resolves when it has taken every connection of the application's pool, or let them go. */
  async holdPool(hold: boolean): Promise<void> {
    const obeyed = this.next('obeyed');
    this.tell({ type: 'hold-pool', hold });
    await obeyed;
  }

  /** Resolves when its SQLite file cannot grow any more, or can again. */
  async fillDisk(full: boolean): Promise<void> {
    const obeyed = this.next('obeyed');
    this.tell({ type: 'fill-disk', full });
    await obeyed;
  }

  /**
   * Resolves when it claims nothing any more. Whoever only tells it so and sends the next event at
   * once can see a claim take that event which was under way when the message came.
   */
  async rest(): Promise<void> {
    const obeyed = this.next('obeyed');
    this.tell({ type: 'rest' });
    await obeyed;
  }

  tell(command: ReplicaCommand): void {
    this.child.send(command);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.asked = true;
    this.child.kill('SIGKILL');
    await this.gone;
  }

  /** @returns the exit code, null when it had to be killed */
  async terminate(): Promise<number | null> {
    this.asked = true;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 30_000);
    await this.gone;
    clearTimeout(timer);
    return this.child.exitCode;
  }

  private next(type: ReplicaMessage['type']): Promise<ReplicaMessage> {
    return new Promise((resolve) => {
      this.waiting.set(type, [...(this.waiting.get(type) ?? []), resolve]);
    });
  }

  private heard(message: ReplicaMessage): void {
    if (message.type === 'ready') this.port = message.port;
    if (message.type === 'unhandled') this.unhandled.push(message.error);
    const waiting = this.waiting.get(message.type) ?? [];
    if (message.type === 'crash') {
      this.asked = true;
      if (waiting.length === 0) this.crashed.push(message.point);
    }
    this.waiting.delete(message.type);
    for (const resolve of waiting) resolve(message);
  }
}

/** The replicas of one scenario. */
export class Fleet {
  private readonly all: Replica[] = [];

  start(options: ReplicaOptions): Replica {
    const replica = new Replica(options);
    this.all.push(replica);
    return replica;
  }

  /** Those that take requests. */
  ready(): readonly Replica[] {
    return this.all.filter(({ port }) => port !== undefined);
  }

  ports = (): readonly number[] => this.ready().map(({ port }) => port as number);

  async terminate(): Promise<void> {
    await Promise.all(this.all.filter(({ exited }) => !exited).map((each) => each.terminate()));
  }

  async kill(): Promise<void> {
    await Promise.all(
      this.all
        .filter(({ exited }) => !exited)
        .map(async (each) => {
          each.signal('SIGCONT');
          await each.kill();
        }),
    );
  }

  unhandled(): readonly string[] {
    return this.all.flatMap(({ options, unhandled }) =>
      unhandled.map((error) => `${options.name}: ${error}`),
    );
  }
}
