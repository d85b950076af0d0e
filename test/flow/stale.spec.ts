import { Injectable } from '@nestjs/common';
import { type ArmaloEvent, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from './application.js';

let applied: string[] = [];
const refused = new Set<number>();

@Injectable()
class Scores {
  @OnArmaloEvent('score.changed', { stale: 'skip', transactional: true })
  async follow({ data }: ArmaloEvent<'score.changed'>) {
    if (refused.has(data.compositeScore)) throw new RejectEventError('There is no such agent.');
    applied.push(`follow ${data.agentId} ${data.compositeScore}`);
  }

  @OnArmaloEvent('score.tier_changed', { stale: 'skip' })
  async followTier({ data }: ArmaloEvent<'score.tier_changed'>) {
    applied.push(`tier ${data.agentId} ${data.certificationTier}`);
  }

  @OnArmaloEvent('score.tier_changed')
  async count({ data }: ArmaloEvent<'score.tier_changed'>) {
    applied.push(`count ${data.agentId} ${data.certificationTier}`);
  }
}

const at = (minute: number) => `2026-11-22T10:${String(minute).padStart(2, '0')}:00.000Z`;

for (const kind of await availableDatabases()) {
  describeOn(kind, 'A handler that skips stale events', () => {
    let database: TestDatabase;
    let app: Application;

    beforeAll(async () => {
      database = await kind.create();
      app = await Application.start({
        database,
        providers: [Scores],
        options: {
          armalo: { webhookSecret: ARMALO_SECRET, orderingKey: ({ data }) => data.agentId },
        },
      });
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    beforeEach(() => {
      applied = [];
    });

    /** @returns the row's id, when the event and all before it have come to their end */
    async function arrived(event: string, minute: number, data: object): Promise<string> {
      const request = armaloRequest({ event, timestamp: at(minute), data }, ARMALO_SECRET);
      const { status, body } = await app.post('/webhooks/armalo', request);
      expect(status).toBe(200);
      await app.settled();
      return (await app.event({ eventId: String(body['id']) })).id;
    }
    const score = (agentId: string, minute: number, compositeScore: number) =>
      arrived('score.changed', minute, { agentId, compositeScore });

    it('does not run for one that is overtaken, which ends ignored and says by which event', async () => {
      const newer = await score('late', 5, 700);
      const older = await score('late', 4, 600);
      expect(applied).toEqual(['follow late 700']);
      const event = await app.event({ id: older });
      expect(event).toMatchObject({ state: 'ignored', reason: 'stale', completedHandlers: [] });
      expect(await app.store.attempts(older)).toMatchObject([
        {
          handler: 'Scores.follow',
          error: expect.stringMatching(`^Skipped: .*#${newer} `) as unknown,
          duration: 0,
          attempt: 1,
        },
      ]);
    });

    it('does not run for it when an operator replays it either', async () => {
      await score('replayed', 5, 700);
      const older = await score('replayed', 4, 600);
      expect(await app.store.replay({ id: older })).toBe(1);
      // Nothing tells the worker of a replay: another event of the same key does.
      await score('replayed', 6, 800);
      expect(applied).toEqual(['follow replayed 700', 'follow replayed 800']);
      expect(await app.event({ id: older })).toMatchObject({ state: 'ignored', reason: 'stale' });
    });

    it('runs for events in order, of the same minute, and of other agents', async () => {
      await score('one', 5, 500);
      await score('one', 5, 501);
      await score('one', 6, 502);
      await score('two', 1, 100);
      expect(applied).toEqual([
        'follow one 500',
        'follow one 501',
        'follow one 502',
        'follow two 100',
      ]);
    });

    it('runs for one whose newer one it has refused, since only what is applied counts', async () => {
      refused.add(999);
      const newer = await score('refused', 5, 999);
      await score('refused', 4, 400);
      expect(await app.event({ id: newer })).toMatchObject({ state: 'dead', reason: 'rejected' });
      expect(applied).toEqual(['follow refused 400']);
    });

    it('leaves the event to the other handlers, and is marked and told of there', async () => {
      await arrived('score.tier_changed', 5, { agentId: 'tiers', certificationTier: 'gold' });
      const older = await arrived('score.tier_changed', 4, {
        agentId: 'tiers',
        certificationTier: 'silver',
      });
      expect(applied).toEqual(['tier tiers gold', 'count tiers gold', 'count tiers silver']);
      const event = await app.event({ id: older });
      expect(event.state).toBe('done');
      expect([...event.completedHandlers].sort()).toEqual(['Scores.count', 'Scores.followTier']);
      expect(await app.store.attempts(older)).toMatchObject([{ handler: 'Scores.followTier' }]);
      // By this event's mark no event is taken for stale that was not stale already.
      await arrived('score.tier_changed', 5, { agentId: 'tiers', certificationTier: 'platinum' });
      expect(applied.slice(3)).toEqual(['tier tiers platinum', 'count tiers platinum']);
    });

    it('leaves the inbox in order', async () => {
      expect(await app.store.violations()).toEqual([]);
    });
  });
}
