import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { InboxUnavailableError } from '../../lib/core/index.js';
import { InboxConnections, type ClaimedRow, type InboxStore } from '../../lib/inbox/index.js';
import { eventually } from '../child.js';
import { rescue } from './claim-suite.js';
import { claimOne, event, LEASE, settlement, type Bench } from './store-suite.js';
import { summaries } from '../event.lists.js';

/** A TCP proxy to the database that can fall silent, or cut or hold the line as soon as a text has passed. */
class Proxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  silent = false;
  cutAfter: string | undefined;
  /** Never reaches the server, nor does what comes behind it on that line; the server keeps its end open. */
  loseAt: string | undefined;
  private holdAfter: { readonly text: string; readonly answered: () => void } | undefined;

  /** Resolves when the server has answered what had this text in it; the answer is kept back. */
  hold(text: string): Promise<void> {
    return new Promise((answered) => (this.holdAfter = { text, answered }));
  }

  async open(target: { host: string; port: number }): Promise<number> {
    this.server = createServer((client) => {
      const upstream = connect(target.port, target.host);
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on('data', (data) => {
        if (this.silent) return;
        if (this.loseAt !== undefined && data.includes(this.loseAt)) {
          this.loseAt = undefined;
          client.removeAllListeners();
          client.on('error', () => undefined);
          client.resume();
          return;
        }
        upstream.write(data);
        const { holdAfter } = this;
        if (holdAfter && data.includes(holdAfter.text)) {
          this.holdAfter = undefined;
          upstream.removeAllListeners('data');
          upstream.once('data', holdAfter.answered);
        }
        if (this.cutAfter !== undefined && data.includes(this.cutAfter)) {
          this.cutAfter = undefined;
          // The server gets it; its answer comes to nobody.
          upstream.removeAllListeners('data');
          upstream.once('data', () => client.destroy());
        }
      });
      upstream.on('data', (data) => {
        if (!this.silent) client.write(data);
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
    if (this.server) await once(this.server, 'close');
  }
}

async function throughProxy(
  its: Bench,
  run: (proxy: Proxy, store: InboxStore, application: DataSource) => Promise<void>,
): Promise<void> {
  const proxy = new Proxy();
  const url = new URL(its.database.url);
  const port = await proxy.open({ host: url.hostname, port: Number(url.port) });
  url.port = String(port);
  const { type } = its.database.options;
  const options = { type, url: url.href } as unknown as DataSourceOptions;
  const application = await new DataSource(options).initialize();
  const connections = await InboxConnections.open(application, {
    clock: its.clock,
    ingestTimeout: 400,
  });
  try {
    await run(proxy, connections.store, application);
  } finally {
    await proxy.close();
    await connections.close();
    await application.destroy();
  }
}

/** What PostgreSQL and MySQL/MariaDB do beyond the common suite: locks, pools, lost connections. */
export function serverSuite(its: Bench): void {
  const write = (text: string) => `INSERT INTO ${its.effects} (text) VALUES ('${text}')`;
  const written = async () =>
    (await its.query(`SELECT text FROM ${its.effects} ORDER BY text`)).map((row) => row['text']);

  describe('a row that its transactional handler has locked', () => {
    it('is waited for by nobody', async () => {
      const other = await its.another();
      const same = event({ eventId: 'locked' });
      const [{ id } = { id: '' }] = await its.store.insert([same]);
      await its.store.insert([event(), event()]);
      const row = await claimOne(its.store);
      expect(row.id).toBe(id);
      await its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(write('held'));
        expect([...(await its.store.heartbeat([row], LEASE))]).toEqual([id]);
        expect(await other.insert([same])).toEqual([{ id, outcome: 'duplicate' }]);
        its.clock.pass(LEASE * 2);
        expect(await other.claimStalled(rescue())).toBeUndefined();
        expect((await other.claim(10, LEASE)).map((each) => each.id)).not.toContain(id);
        expect([...(await its.store.heartbeat([row], LEASE))]).toEqual([id]);
      });
      expect((await its.store.settle([settlement(row, { to: 'done' })])).size).toBe(0);
      expect(await written()).toEqual(['held']);
    });

    it('hides no event of a dead process behind it', async () => {
      const other = await its.another();
      await its.store.insert([event(), event()]);
      const [locked, abandoned] = await its.store.claim(2, LEASE);
      await its.store.runTransactional(locked as ClaimedRow, 'A.b', LEASE, async () => {
        its.clock.pass(LEASE);
        const held = new Set<string>();
        expect(await other.claimStalled(rescue({ held }))).toMatchObject({ id: abandoned?.id });
        expect(await other.claimStalled(rescue({ held }))).toBeUndefined();
      });
    });

    it('can lose its solitude all the same, so that its death is none of one alone', async () => {
      await its.store.insert([event()]);
      await claimOne(its.store);
      its.clock.pass(LEASE);
      const row = (await its.store.claimStalled(rescue())) as ClaimedRow;
      const dead = its.store.runTransactional(row, 'A.b', LEASE, async () => {
        await its.store.noLongerAlone(row);
        throw new Error('the connection is gone with its process');
      });
      await expect(dead).rejects.toThrow('is gone');
      its.clock.pass(LEASE);
      expect(await its.store.claimStalled(rescue())).toMatchObject({ id: row.id, stalledCount: 0 });
    });

    it('keeps a second run of the same handler out until the first has committed', async () => {
      await its.store.insert([event()]);
      const row = await claimOne(its.store);
      const run = () =>
        its.store.runTransactional(row, 'A.b', LEASE, async (manager) => {
          await manager.query(write('once'));
        });
      expect((await Promise.all([run(), run(), run()])).sort()).toEqual([
        'already',
        'already',
        'committed',
      ]);
      expect(await written()).toEqual(['once']);
    });
  });

  it('locks none of the rows that a claim only passes over', () =>
    throughProxy(its, async (proxy, stopped) => {
      const [{ id } = { id: '' }] = await its.store.insert([event()]);
      await claimOne(its.store);
      its.clock.pass(LEASE);
      await its.store.insert([event()]);
      // A process that stands still in the middle of a claim.
      const standing = proxy.hold('SKIP LOCKED');
      const claim = expect(stopped.claim(10, LEASE)).rejects.toThrow(InboxUnavailableError);
      await standing;
      expect(await its.store.claimStalled(rescue())).toMatchObject({ id });
      await proxy.close();
      await claim;
    }));

  it('commits events while the application has used up its own pool', async () => {
    const application = await new DataSource({
      ...its.database.options,
      poolSize: 2,
    } as DataSourceOptions).initialize();
    const connections = await InboxConnections.open(application, { clock: its.clock });
    const runners = [application.createQueryRunner(), application.createQueryRunner()];
    try {
      for (const runner of runners) await runner.connect();
      const [result] = await connections.store.insert([event()]);
      expect(result?.outcome).toBe('stored');
      expect(await connections.store.claim(1, LEASE)).toHaveLength(1);
    } finally {
      for (const runner of runners) await runner.release();
      await connections.close();
      await application.destroy();
    }
  });

  it('gives up on a connection that has fallen silent, and goes on with a new one', () =>
    throughProxy(its, async (proxy, store) => {
      await store.insert([event()]);
      proxy.silent = true;
      await expect(store.insert([event({ eventId: 'silent' })])).rejects.toMatchObject({
        code: 'ARMOX_ARMALO_STORE_UNAVAILABLE',
      });
      proxy.silent = false;
      for (let index = 0; index < 6; index += 1) await store.insert([event()]);
      expect(await store.find({ eventId: 'silent' })).toBeUndefined();
      expect(await summaries(its.store)).toHaveLength(7);
    }));

  it('goes on with another connection where the ROLLBACK of a handler is never answered', () =>
    throughProxy(its, async (proxy, store, application) => {
      await its.store.insert([event()]);
      const row = await claimOne(its.store);
      const held = proxy.hold('ROLLBACK');
      const run = store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(write('undone'));
        throw new Error('The handler fails.');
      });
      const outcome = expect(run).rejects.toThrow('The handler fails.');
      await held;
      await outcome;
      await application.query('SELECT 1');
      expect(await its.store.settle([settlement(row, { to: 'done' })])).toEqual(new Set());
      expect(await written()).toEqual([]);
    }));

  it('is stuck where the ROLLBACK of a handler is lost, and its server keeps the row locked', () =>
    throughProxy(its, async (proxy, store) => {
      const [{ id } = { id: '' }] = await its.store.insert([event()]);
      const row = await claimOne(its.store);
      proxy.loseAt = 'ROLLBACK';
      const run = store.runTransactional(row, 'A.b', LEASE, async (manager) => {
        await manager.query(write('undone'));
        throw new Error('The handler fails.');
      });
      expect(await run).toBe('stuck');
      // The server notices at last that nobody is there any more.
      await proxy.close();
      its.clock.pass(LEASE);
      const freed = await eventually(() => its.store.claimStalled(rescue()), Boolean);
      expect(freed).toMatchObject({ id });
      expect(await written()).toEqual([]);
    }));

  it('takes back what it claimed when the answer was lost, and counts no death', () =>
    throughProxy(its, async (proxy, store) => {
      const [{ id } = { id: '' }] = await store.insert([event()]);
      proxy.cutAfter = its.database.options.type === 'postgres' ? 'SKIP LOCKED' : 'COMMIT';
      await expect(store.claim(1, LEASE)).rejects.toBeDefined();
      expect(await its.store.find({ id })).toMatchObject({ state: 'running' });
      its.clock.pass(LEASE);
      expect(await store.outlook()).toEqual({ dueIn: 0, leaseOverIn: undefined });
      expect(await store.claim(1, LEASE)).toMatchObject([{ id, attempt: 1, stalledCount: 0 }]);
    }));

  it('takes back the event of a dead process too, which stays one and has died alone once', () =>
    throughProxy(its, async (proxy, store) => {
      await store.insert([event()]);
      const { id } = await claimOne(its.store);
      its.clock.pass(LEASE);
      await its.store.claimStalled(rescue());
      its.clock.pass(LEASE);
      // Not what it begins with, READ COMMITTED.
      proxy.cutAfter = its.database.options.type === 'postgres' ? 'COMMIT\0' : 'COMMIT';
      await expect(store.claimStalled(rescue())).rejects.toBeDefined();
      expect(await its.store.find({ id })).toMatchObject({ state: 'running', stalledCount: 1 });
      expect(await store.claimStalled(rescue())).toMatchObject({ id, attempt: 3, stalledCount: 1 });
    }));

  it('finds the mark of a handler whose COMMIT was answered to nobody', () =>
    throughProxy(its, async (proxy, store) => {
      await store.insert([event()]);
      const row = await claimOne(store);
      const run = (given: InboxStore) =>
        given.runTransactional(row, 'A.b', LEASE, async (manager) => {
          await manager.query(write('once'));
          if (given === store) proxy.cutAfter = 'COMMIT';
        });
      await expect(run(store)).rejects.toBeDefined();
      await its.store.settle([settlement(row, { to: 'retry', inMs: 0, error: 'cut' })]);
      const again = await claimOne(its.store);
      expect(
        await its.store.runTransactional(again, 'A.b', LEASE, async (manager) => {
          await manager.query(write('twice'));
        }),
      ).toBe('already');
      expect(await written()).toEqual(['once']);
    }));

  it('never shows a payload in an error or in the application log', async () => {
    const secret = 'payload-that-nobody-may-see';
    const lines: string[] = [];
    const keep = (...parts: unknown[]) => void lines.push(JSON.stringify(parts));
    const application = await new DataSource({
      ...its.database.options,
      logging: 'all',
      logger: {
        logQuery: (query: string, values: unknown) => keep(query, values),
        logQueryError: (error: Error, query: string, values: unknown) =>
          keep(String(error), query, values),
        logQuerySlow: (time: number, query: string, values: unknown) => keep(query, values),
        logSchemaBuild: keep,
        logMigration: keep,
        log: keep,
      },
    }).initialize();
    const connections = await InboxConnections.open(application, { clock: its.clock });
    try {
      await connections.store.insert([event({ body: Buffer.from(secret) })]);
      await its.query('ALTER TABLE armox_armalo_inbox RENAME TO away');
      const error: unknown = await connections.store
        .insert([event({ body: Buffer.from(secret) })])
        .catch((thrown: unknown) => thrown);
      await its.query('ALTER TABLE away RENAME TO armox_armalo_inbox');
      const seen = JSON.stringify(error, Object.getOwnPropertyNames(error)) + inspectDeep(error);
      for (const text of [secret, Buffer.from(secret).toString('hex')]) {
        expect(seen).not.toContain(text);
        expect(lines.join('\n')).not.toContain(text);
      }
      expect(error).toMatchObject({ code: 'ARMOX_ARMALO_STORE_UNAVAILABLE' });
      expect(lines.join('\n')).toContain('armox_armalo_inbox');
    } finally {
      await connections.close();
      await application.destroy();
    }
  });
}

function inspectDeep(error: unknown): string {
  const parts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    for (const name of Object.getOwnPropertyNames(each)) {
      parts.push(String((each as unknown as Record<string, unknown>)[name]));
    }
  }
  return parts.join('\n');
}
