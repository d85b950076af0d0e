import { Injectable } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import {
  EventDryRun,
  InboxAdmin,
  OnArmaloEvent,
  type ArmaloEvent,
  type HandlerContext,
} from 'nestjs-armox-armalo';
import { EntitySchema, type EntityManager } from 'typeorm';
import { newRow } from '../../bench/worker/rows.js';
import { availableDatabases, describeOn, testDatabase, type TestDatabase } from '../databases.js';
import type { DryRunView } from '../../lib/ops/api.types.js';
import { Application } from '../flow/application.js';
import { OpsClient, OPERATOR, VIEWER } from './ops-client.js';

interface Note {
  id: number;
  text: string;
}
const NoteEntity = new EntitySchema<Note>({
  name: 'note',
  columns: { id: { type: Number, primary: true }, text: { type: String, length: 2000 } },
});

/** What the transactional handler does with an event. */
let handle: (context: HandlerContext) => Promise<unknown>;
let called: string[] = [];

class Pact {
  @IsString()
  region: string;
}

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated', { transactional: true, timeout: 2_000 })
  async note(_: ArmaloEvent<'pact.violated'>, context: HandlerContext) {
    called.push('note');
    await handle(context);
  }

  @OnArmaloEvent('pact.violated')
  mail(_: ArmaloEvent<'pact.violated'>) {
    called.push('mail');
  }

  @OnArmaloEvent('pact.violated', { transactional: 'grouped', name: 'Handlers.grouped' })
  async count(_: ArmaloEvent<'pact.violated'>, { manager }: HandlerContext) {
    called.push('grouped');
    await manager.update(NoteEntity, { id: 1 }, { text: 'counted' });
  }

  @OnArmaloEvent('pact.violated', { transactional: true, dto: Pact })
  strict() {
    called.push('strict');
  }
}

it('lets an application be closed twice', async () => {
  const kind = await testDatabase('sqlite');
  const database = await kind.create();
  const app = await Application.start({ database });
  await app.close();
  await app.close();
  await database.drop();
});

for (const kind of await availableDatabases()) {
  describeOn(kind, 'A dry run', () => {
    let database: TestDatabase;
    let app: Application;
    let id: string;

    beforeAll(async () => {
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Handlers],
        entities: [NoteEntity],
        options: { worker: false, ops: { access: [OPERATOR, VIEWER], mask: ['agentId'] } },
      });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    beforeEach(async () => {
      called = [];
      handle = () => Promise.resolve();
      await app.dataSource.manager.insert(NoteEntity, { id: 1, text: 'kept' });
      const [stored] = await app.store.insert([newRow(1)]);
      id = stored?.id ?? '';
    });

    afterEach(async () => {
      for (const table of ['note', 'armox_armalo_inbox', 'armox_armalo_attempt']) {
        await app.dataSource.query(`DELETE FROM ${table}`);
      }
    });

    const notes = () => app.dataSource.manager.find(NoteEntity, { order: { id: 'ASC' } });
    const run = async () => {
      const report = await app.nest.get(EventDryRun).run(id);
      return report?.handlers.find(({ name }) => name === 'Handlers.note');
    };
    /** Every table of ours, row by row. */
    const inbox = async () => {
      const tables = ['inbox', 'attempt', 'audit', 'minute', 'leader_lock', 'replica', 'alone'];
      const rows = tables.map((table) =>
        app.dataSource.query<unknown[]>(`SELECT * FROM armox_armalo_${table}`).catch(() => []),
      );
      return Promise.all(rows);
    };

    it('tells what each handler would write, and writes nothing', async () => {
      const before = await inbox();
      handle = async ({ manager, dryRun }) => {
        await manager.save(NoteEntity, { id: 2, text: `${'long '.repeat(200)}${dryRun}` });
        await manager.transaction((nested) => nested.delete(NoteEntity, { id: 1 }));
        expect(await manager.count(NoteEntity)).toBe(1);
      };
      const report = await app.nest.get(EventDryRun).run(id);
      expect(report).toMatchObject({
        problem: null,
        handlers: [
          { name: 'Handlers.note', outcome: 'would-succeed', error: null, statementsLeftOut: 0 },
          { name: 'Handlers.mail', outcome: 'refused', statements: [] },
          { name: 'Handlers.grouped', outcome: 'would-succeed' },
          {
            name: 'Handlers.strict',
            outcome: 'would-fail',
            error: 'data.region breaks isString',
            statements: [],
          },
        ],
      });
      const [note, mail, grouped] = report?.handlers ?? [];
      expect(note?.statements.map(({ sql }) => sql.split(' ', 1)[0])).toEqual([
        'INSERT',
        'SAVEPOINT',
        'DELETE',
        'RELEASE',
      ]);
      expect(note?.statements[0]?.parameters.at(-1)).toMatch(/^long .*…$/);
      expect(mail?.error).toMatch(/^Handlers\.mail is not transactional.*transactional: true/);
      expect(grouped?.statements.map(({ parameters }) => parameters[0])).toEqual(['counted']);
      expect(called).toEqual(['note', 'grouped']);
      expect(await notes()).toEqual([{ id: 1, text: 'kept' }]);
      expect(await inbox()).toEqual(before);
    });

    it('tells the error of a handler, and what it had written before', async () => {
      handle = async ({ manager }) => {
        await manager.insert(NoteEntity, { id: 2, text: 'undone' });
        throw new Error('The card was declined.');
      };
      expect(await run()).toMatchObject({
        outcome: 'would-fail',
        error: expect.stringMatching(/^Error: The card was declined\.\n\s+at /),
        statements: [{ parameters: expect.arrayContaining(['undone']) }],
      });
      expect(await notes()).toHaveLength(1);
    });

    it('ends a handler at its timeout', async () => {
      handle = async ({ manager, signal }) => {
        await manager.insert(NoteEntity, { id: 2, text: 'undone' });
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      };
      expect(await run()).toMatchObject({
        outcome: 'would-fail',
        error: expect.stringMatching(/^EventHandlerTimeoutError: Handlers\.note did not end/),
      });
      expect(await notes()).toHaveLength(1);
    });

    const commits: Record<string, (manager: EntityManager) => Promise<unknown>> = {
      'COMMIT as SQL': (manager) => manager.query('/* now */ commit'),
      'COMMIT behind another statement': (manager) => manager.query("SELECT ';'; COMMIT"),
      'commitTransaction()': (manager) => manager.queryRunner?.commitTransaction() as never,
      'DDL, which commits on MySQL': (manager) => manager.query('CREATE TABLE other (id INT)'),
    };
    for (const [way, commit] of Object.entries(commits)) {
      it(`keeps nothing of a handler that commits by itself: ${way}`, async () => {
        handle = async ({ manager }) => {
          await manager.insert(NoteEntity, { id: 2, text: 'undone' });
          await commit(manager);
        };
        expect(await run()).toMatchObject({
          outcome: 'would-fail',
          error: expect.stringMatching(/^EventHandlerError: Handlers\.note (sends|calls)/),
        });
        // And one that overlooks it goes on in vain.
        handle = async ({ manager }) => {
          await manager.insert(NoteEntity, { id: 2, text: 'undone' });
          await commit(manager).catch(() => undefined);
          await manager.insert(NoteEntity, { id: 3, text: 'undone' }).catch(() => undefined);
        };
        await run();
        expect(await notes()).toEqual([{ id: 1, text: 'kept' }]);
      });
    }

    // PostgreSQL refuses what follows, and SQLite has none.
    if (kind.name === 'mariadb') {
      it('keeps nothing of a handler that goes on after a deadlock, which ends its transaction', async () => {
        await app.dataSource.manager.insert(NoteEntity, { id: 2, text: 'kept' });
        const other = app.dataSource.createQueryRunner();
        await other.startTransaction();
        // The heavier one wins.
        const rows = Array.from({ length: 100 }, (_, at) => ({ id: 100 + at, text: 'heavy' }));
        await other.manager.insert(NoteEntity, rows);
        await other.manager.update(NoteEntity, { id: 2 }, { text: 'other' });
        let ours: unknown;
        handle = async ({ manager }) => {
          await manager.update(NoteEntity, { id: 1 }, { text: 'undone' });
          const theirs = other.manager.update(NoteEntity, { id: 1 }, { text: 'other' });
          ours = await manager.update(NoteEntity, { id: 2 }, { text: 'undone' }).catch(String);
          await manager.insert(NoteEntity, { id: 3, text: 'undone' });
          // The next handler would wait for it.
          await theirs;
          await other.rollbackTransaction();
        };
        expect(await run()).toMatchObject({ outcome: 'would-fail' });
        expect(ours).toMatch(/Deadlock/);
        await other.release();
        expect(await notes()).toEqual([
          { id: 1, text: 'kept' },
          { id: 2, text: 'kept' },
        ]);
      });
    }

    it('runs while a worker holds the event and its row is locked', async () => {
      const [claimed] = await app.store.claim(1, 60_000);
      const lease = { id, token: claimed?.token ?? '' };
      handle = ({ manager }) => manager.insert(NoteEntity, { id: 2, text: 'undone' });
      if (kind.name === 'sqlite') {
        expect(await run()).toMatchObject({ outcome: 'would-succeed' });
        return;
      }
      const outcome = await app.store.runTransactional(lease, 'Other.handler', 60_000, async () => {
        expect(await run()).toMatchObject({ outcome: 'would-succeed' });
      });
      expect(outcome).toBe('committed');
    });

    it('runs those that have not completed the event, and all where all have', async () => {
      const [claimed] = await app.store.claim(1, 60_000);
      const lease = { id, token: claimed?.token ?? '' };
      await app.store.markCompleted(lease, 'Handlers.note');
      expect(await run()).toBeUndefined();
      for (const name of ['mail', 'grouped', 'strict']) {
        await app.store.markCompleted(lease, `Handlers.${name}`);
      }
      expect(await run()).toMatchObject({ outcome: 'would-succeed' });
    });

    it('is a route of the operations API for operators, which hides masked fields and leaves a trace', async () => {
      const { body } = newRow(1);
      const { agentId } = (JSON.parse(body.toString()) as { data: { agentId: string } }).data;
      handle = async ({ manager }) => {
        await manager.insert(NoteEntity, { id: 2, text: agentId });
        await manager.insert(NoteEntity, { id: 3, text: `of ${agentId}` });
        await manager.insert(NoteEntity, { id: 4, text: body.toString().repeat(5) });
      };
      const client = new OpsClient(`${app.url}/ops`);
      const answer = await client.post(`api/events/${id}/dry-run`);
      const view = (await answer.json()) as DryRunView;
      const texts = view.handlers[0]?.statements.map(({ parameters }) => parameters.at(-1));
      expect(texts).toEqual(['•••', 'of •••', expect.stringMatching(/"agentId":"•••".*…$/)]);
      expect(JSON.stringify(view)).not.toContain(agentId);
      await expect(client.get('api/audit')).resolves.toMatchObject({
        entries: [{ by: OPERATOR.name, action: 'dry run', events: 0 }],
      });
      const viewer = new OpsClient(`${app.url}/ops`, VIEWER);
      expect((await viewer.post(`api/events/${id}/dry-run`)).status).toBe(403);
      expect((await client.post('api/events/999999/dry-run')).status).toBe(404);
    });

    it('says why no handler would run, and knows no event that is not there', async () => {
      const dryRun = app.nest.get(EventDryRun);
      const row = { ...newRow(2), name: 'pact.renewed' };
      const broken = { ...newRow(3), body: Buffer.from('no JSON') };
      const [renewed, unread] = await app.store.insert([row, broken]);
      await expect(dryRun.run(renewed?.id ?? '')).resolves.toMatchObject({
        problem: 'No handler is for events of this name.',
        handlers: [],
      });
      await expect(dryRun.run(unread?.id ?? '')).resolves.toMatchObject({
        problem: expect.stringMatching(/^EnvelopeUnreadableError/),
      });
      await expect(dryRun.run('999999')).resolves.toBeUndefined();
      await app.nest.get(InboxAdmin).discard({ id });
      expect(await run()).toMatchObject({ outcome: 'would-succeed' });
    });
  });
}
