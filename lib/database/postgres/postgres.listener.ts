import type { DataSource, QueryRunner } from 'typeorm';
import { systemTimers } from '../../core/index.js';

/** The part of a `pg` client that is used here. */
interface NotifyingClient {
  on(event: 'notification' | 'error' | 'end', listener: () => void): unknown;
  removeListener(event: 'notification' | 'error' | 'end', listener: () => void): unknown;
  end(): Promise<void>;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/**
 * LISTEN on a connection of the pool that is kept for it. It only speeds up what polling finds anyway,
 * so its loss is no error: it is opened again, and the listener is woken for what it may have missed.
 */
export class PostgresListener {
  private stopped = false;
  private pause = FIRST_PAUSE;
  private cancelOpening = (): void => undefined;
  private runner: QueryRunner | undefined;
  private opening: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly channel: string,
    private readonly wake: () => void,
  ) {}

  async start(): Promise<() => Promise<void>> {
    this.opening = this.open();
    await this.opening;
    return () => this.stop();
  }

  private async open(): Promise<void> {
    const runner = this.dataSource.createQueryRunner('master');
    try {
      const client = (await runner.connect()) as NotifyingClient;
      client.on('notification', this.notified);
      client.on('error', this.lost);
      client.on('end', this.lost);
      this.runner = runner;
      await runner.query(`LISTEN "${this.channel}"`);
      this.pause = FIRST_PAUSE;
    } catch {
      this.runner = undefined;
      await runner.release().catch(() => undefined);
      this.openLater();
    }
  }

  private readonly notified = (): void => {
    if (!this.stopped) this.wake();
  };

  private readonly lost = (): void => {
    const runner = this.runner;
    if (!runner || this.stopped) return;
    this.runner = undefined;
    void runner.release().catch(() => undefined);
    this.openLater();
  };

  private openLater(): void {
    if (this.stopped) return;
    this.cancelOpening = systemTimers.after(this.pause, () => {
      this.opening = this.open().then(this.notified);
    });
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
  }

  private async stop(): Promise<void> {
    this.stopped = true;
    this.cancelOpening();
    await this.opening;
    const { runner } = this;
    this.runner = undefined;
    if (!runner) return;
    const client = (await runner.connect()) as NotifyingClient;
    client.removeListener('notification', this.notified);
    // A connection that listens must not go back to a pool; one that is ending is thrown away by it.
    void client.end().catch(() => undefined);
    await runner.release().catch(() => undefined);
  }
}
