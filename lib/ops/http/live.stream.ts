import type { ServerResponse } from 'node:http';
import type { Timers } from '../../core/index.js';
import { OpsProblem } from './ops.problem.js';

const EVERY_MS = 2_000;
const MOST_STREAMS = 50;

/**
 * Sends a view to every open page, every two seconds and as server-sent events. It is read once for all of
 * them, and not at all where no page is open.
 */
export class LiveStream {
  private readonly open = new Set<ServerResponse>();
  private readonly stopping = new AbortController();
  private looping = false;

  constructor(
    /** Name of the messages. */
    private readonly name: string,
    private readonly read: () => Promise<unknown>,
    private readonly timers: Pick<Timers, 'sleep'>,
  ) {}

  /** @throws OpsProblem 503 where too many pages are open, or the application stops */
  add(response: ServerResponse): void {
    if (this.stopping.signal.aborted || this.open.size >= MOST_STREAMS) {
      throw new OpsProblem(503, 'No further page can be kept up to date.', 'It asks for itself.');
    }
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // nginx would collect the messages.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    this.open.add(response);
    response.once('close', () => this.open.delete(response));
    if (!this.looping) void this.loop();
  }

  /** Without it a server that stops would wait for the pages. */
  close(): void {
    this.stopping.abort();
    for (const response of this.open) response.end();
    this.open.clear();
  }

  private async loop(): Promise<void> {
    this.looping = true;
    while (this.open.size > 0) {
      const message = await this.message();
      for (const response of this.open) {
        // Who does not read gets the next one.
        if (!response.writableNeedDrain) response.write(message);
      }
      await this.timers.sleep(EVERY_MS, this.stopping.signal).catch(() => undefined);
    }
    this.looping = false;
  }

  /** Where it cannot be read, the page sees that nothing comes, asks by itself, and is told why. */
  private async message(): Promise<string> {
    try {
      return `event: ${this.name}\ndata: ${JSON.stringify(await this.read())}\n\n`;
    } catch {
      return ': nothing to tell\n\n';
    }
  }
}
