import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

interface Line {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** A TCP proxy in front of a database, with the faults of a bad network. */
export class Proxy {
  private readonly lines = new Set<Line>();
  private server: Server | undefined;
  private port = 0;
  private cutText: string | undefined;
  cuts = 0;
  /** Milliseconds by which everything is late, both ways. */
  delay = 0;
  /** Takes connections and bytes, and passes nothing on. */
  silent = false;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** The same URL with this proxy in the place of the server. */
  static async before(url: string): Promise<{ proxy: Proxy; url: string }> {
    const changed = new URL(url);
    const proxy = new Proxy({ host: changed.hostname, port: Number(changed.port) });
    await proxy.open();
    changed.hostname = '127.0.0.1';
    changed.port = String(proxy.port);
    return { proxy, url: changed.href };
  }

  /** On the same port as before, as a server that has been restarted. */
  async open(): Promise<void> {
    this.server = createServer((client) => this.join(client));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Refuses connections, and breaks those that are open. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.close();
    this.reset();
    if (server) await once(server, 'close');
  }

  /** Breaks every connection. */
  reset(): void {
    for (const { client, upstream } of this.lines) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    this.lines.clear();
  }

  /** The next statement with this text reaches the server; its answer reaches nobody, and the line is cut. */
  cutAfter(text: string): void {
    this.cutText = text;
  }

  private join(client: Socket): void {
    const upstream = connect(this.target.port, this.target.host);
    const line = { client, upstream };
    this.lines.add(line);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.lines.delete(line);
        client.destroy();
        upstream.destroy();
      });
    }
    let deaf = false;
    client.on('data', (data: Buffer) => {
      if (this.silent) return;
      if (this.cutText !== undefined && data.includes(this.cutText)) {
        this.cutText = undefined;
        this.cuts += 1;
        deaf = true;
        upstream.once('data', () => client.resetAndDestroy());
      }
      void this.pass(upstream, data);
    });
    upstream.on('data', (data: Buffer) => {
      if (!this.silent && !deaf) void this.pass(client, data);
    });
  }

  private async pass(to: Socket, data: Buffer): Promise<void> {
    // Timers of the same length fire in the order in which they were set, so bytes keep theirs.
    if (this.delay > 0) await pause(this.delay);
    if (!to.destroyed) to.write(data);
  }
}
