import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { InboxAdmin, InboxOperations, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import type { ErrorsView, OperationView } from '../../lib/ops/api.types.js';
import { newRow } from '../../bench/worker/rows.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application } from '../flow/application.js';
import { OpsClient, OPERATOR } from './ops-client.js';

const HOUR = 3_600_000;
/** What the handler does with an event, by its number. */
let handle: (number: number) => void;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated(event: { readonly data: { readonly pactId?: string | null } }) {
    handle(Number(/\d+/.exec(event.data.pactId ?? '')?.[0]));
  }
}

const declined = (number: number) => {
  throw new RejectEventError(`The card of order ${number} was declined.`);
};

for (const kind of await availableDatabases()) {
  describeOn(kind, 'Actions on many events', () => {
    let database: TestDatabase;
    let app: Application;
    let client: OpsClient;
    let operations: InboxOperations;
    let admin: InboxAdmin;

    beforeEach(async () => {
      handle = declined;
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Handlers],
        options: { ops: { access: [OPERATOR] }, worker: { lease: HOUR, pollInterval: 50 } },
      });
      client = new OpsClient(`${app.url}/ops`);
      operations = app.nest.get(InboxOperations);
      admin = app.nest.get(InboxAdmin);
    });

    afterEach(async () => {
      await app?.close();
      await database?.drop();
    });

    const insert = async (from: number, count: number) => {
      await app.store.insert(Array.from({ length: count }, (_, index) => newRow(from + index)));
      admin.tellPending();
      await app.settled();
    };
    const ended = (id: string) =>
      eventually(
        () => client.get<OperationView>(`api/operations/${id}`),
        ({ state }) => state !== 'running',
      );
    const start = async (body: object) => {
      const response = await client.post('api/operations', body);
      expect(response.status).toBe(200);
      return (await response.json()) as OperationView;
    };

    it('touch the events that fitted when they began, and no others', async () => {
      await insert(0, 30);
      const preview = await client.post('api/operations/preview', {
        action: 'replay',
        filter: { state: 'dead' },
      });
      await expect(preview.json()).resolves.toMatchObject({ count: 30, more: false });
      const { id, total } = await start({ action: 'replay', filter: { state: 'dead' } });
      expect(total).toBe(30);
      // They die again, and fit again: the set is fixed.
      await expect(ended(id)).resolves.toMatchObject({ state: 'done', changed: 30, passedOver: 0 });
      await app.settled();
      expect(await admin.count({ state: 'dead' })).toEqual({ count: 30, more: false });
      const discard = await start({ action: 'discard', filter: { state: 'dead' } });
      await ended(discard.id);
      expect(await admin.count({ reason: 'discarded' })).toEqual({ count: 30, more: false });
    });

    it('refuse a filter without a condition, or with one that is not known', async () => {
      for (const filter of [{}, { stat: 'dead' }, undefined]) {
        const response = await client.post('api/operations', { action: 'replay', filter });
        expect(response.status).toBe(400);
      }
      expect(await operations.list()).toEqual([]);
    });

    /** One that the runner is not woken for, so that the test makes its steps. */
    const startQuietly = (action: 'replay' | 'discard') =>
      app.store.operations.start({
        ...{ id: randomUUID(), action, pace: 'all', rerunAll: false, by: 'olga' },
        filter: { state: 'dead' },
      });

    it('do nothing while they are paused, nor ever after they are stopped', async () => {
      await insert(0, 3);
      const operation = await startQuietly('discard');
      const path = `api/operations/${operation.id}`;
      expect((await client.post(`${path}/pause`)).status).toBe(200);
      expect((await client.post(`${path}/pause`)).status).toBe(409);
      expect(await app.store.operations.step(operation, 1)).toBeUndefined();
      expect(
        await app.store.operations.turn(operation.id, { from: ['paused'], to: 'running' }),
      ).toBe(true);
      expect(await app.store.operations.step(operation, 1)).toBe(1);
      expect((await client.post(`${path}/stop`)).status).toBe(200);
      expect((await client.post(`${path}/resume`)).status).toBe(409);
      const after = await client.get<OperationView>(path);
      expect(after).toMatchObject({ state: 'stopped', changed: 1, passedOver: 0 });
      expect(await app.store.operations.step({ ...operation, stage: 1 }, 1)).toBeUndefined();
      expect(await admin.count({ state: 'dead' })).toMatchObject({ count: 2 });
    });

    it('go on where they were when they are resumed', async () => {
      await insert(0, 3);
      const { id } = await startQuietly('discard');
      expect(await operations.pause(id, 'olga')).toBe(true);
      expect((await client.post(`api/operations/${id}/resume`)).status).toBe(200);
      await expect(ended(id)).resolves.toMatchObject({ state: 'done', changed: 3 });
    });

    it('say who has started and ended them', async () => {
      const { id } = await operations.start({ action: 'replay', filter: { state: 'dead' } }, 'ann');
      expect(await operations.pause('no-such-operation', 'olga')).toBe(false);
      await insert(0, 1);
      const other = await startQuietly('discard');
      await operations.stop(other.id, 'bob');
      const { entries } = await app.store.audit.list(undefined);
      expect(entries.map(({ by, action, events }) => [by, action, events])).toEqual([
        ['bob', 'operation-stopped', 1],
        ['olga', 'discard-started', 1],
        ['ann', 'replay-started', 0],
      ]);
      expect(await operations.find(id)).toMatchObject({ state: 'done', total: 0 });
    });

    it('group the dead by what is wrong, and act on one group alone', async () => {
      handle = (number) => {
        if (number % 3 === 0) throw new RejectEventError('The account is closed.');
        declined(number);
      };
      await insert(0, 9);
      const { groups, more } = await client.get<ErrorsView>('api/errors');
      expect(more).toBe(false);
      expect(groups.map(({ count }) => count)).toEqual([6, 3]);
      expect(groups[0]?.error).toMatch(/was declined/);
      handle = () => undefined;
      const { id } = await start({
        action: 'replay',
        filter: { state: 'dead', fingerprint: groups[1]?.fingerprint },
      });
      await expect(ended(id)).resolves.toMatchObject({ changed: 3 });
      await app.settled();
      expect(await admin.count({ state: 'done' })).toMatchObject({ count: 3 });
      expect(await admin.count({ state: 'dead' })).toMatchObject({ count: 6 });
    });

    it('ramp up by one, ten and the rest, and halt where the same error comes back', async () => {
      await insert(0, 50);
      const halted = await start({ action: 'replay', filter: { state: 'dead' }, pace: 'ramp' });
      await expect(ended(halted.id)).resolves.toMatchObject({
        state: 'halted',
        changed: 1,
        note: '1 of 1 replayed events failed again with the error that they had, so the other 49 were left as they are.',
      });
      handle = (number) => {
        if (number === 5) declined(number);
      };
      const second = await start({ action: 'replay', filter: { state: 'dead' }, pace: 'ramp' });
      await expect(ended(second.id)).resolves.toMatchObject({ state: 'halted', changed: 11 });
      handle = () => undefined;
      const third = await start({ action: 'replay', filter: { state: 'dead' }, pace: 'ramp' });
      await expect(ended(third.id)).resolves.toMatchObject({ state: 'done' });
      await app.settled();
      expect(await admin.count({ state: 'done' })).toEqual({ count: 50, more: false });
    }, 30_000);

    it('pass over what is no longer to be changed when its turn comes', async () => {
      await insert(0, 5);
      const operation = await startQuietly('discard');
      const [first] = (await admin.list({ state: 'dead' })).events;
      handle = () => undefined;
      await admin.replay({ id: String(first?.id) });
      await app.settled();
      await app.store.operations.step(operation, 500);
      expect(await operations.find(operation.id)).toMatchObject({ changed: 4, passedOver: 1 });
      expect(await admin.find({ id: String(first?.id) })).toMatchObject({ state: 'done' });
    });

    it('keep notes beside an event', async () => {
      await insert(0, 1);
      const { events } = await admin.list({});
      const path = `api/events/${events[0]?.id}`;
      expect((await client.post(`${path}/note`, { text: 'Asked the bank.' })).status).toBe(200);
      expect((await client.post(`${path}/note`, { text: ' ' })).status).toBe(400);
      await expect(client.get(path)).resolves.toMatchObject({
        notes: [{ by: 'olga', text: 'Asked the bank.' }],
      });
    });
  });
}
