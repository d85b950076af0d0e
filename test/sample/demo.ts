import { seededRandom } from 'nestjs-armox-armalo/testing';
import { OpsStage } from './ops-stage.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const AGENTS = ['atlas-7', 'birch', 'corvid', 'delphi', 'ember', 'fjord', 'garnet', 'heron-2'];
const TIERS = ['bronze', 'silver', 'gold', 'platinum'];
const SEVERITIES = ['minor', 'major', 'critical'];

/** What comes at a time. */
interface Planned {
  /** Milliseconds before now. */
  readonly ago: number;
  /** @returns the event's id */
  readonly deliver: () => Promise<string>;
}

/**
 * A day of an application whose ledger has been failing for some twenty minutes, and whose registry had a bad
 * moment before: what the pictures of the operations page show. Everything comes by signed webhooks and is handled,
 * or dies; only the hours are put in afterwards, since nobody waits for a day.
 */
export class Demo {
  private readonly random = seededRandom(20);
  private readonly agoOf = new Map<string, number>();
  private told = 10_000;

  private constructor(private readonly stage: OpsStage) {}

  /** @returns the application, with the day behind it */
  static async start(databaseUrl: string): Promise<OpsStage> {
    const first = await OpsStage.start('express', databaseUrl);
    const demo = new Demo(first);
    await demo.liveThroughIt();
    await demo.putHoursIn();
    // With it goes what it has counted while it lived through a day in seconds.
    await first.stop();
    const stage = await OpsStage.start('express', databaseUrl);
    await countMinutes(stage, demo.random);
    await letPollerFind(stage);
    return stage;
  }

  private async liveThroughIt(): Promise<void> {
    const { outside } = this.stage;
    const operator = this.stage.api('operator');
    await this.pass(this.usual(26 * HOUR, 7 * HOUR, 400));
    outside.registryAnswers = false;
    await this.pass(
      [0, 1, 2, 3].map((index) => ({
        ago: 7 * HOUR - index * 40 * SECOND,
        deliver: () => this.violation(),
      })),
    );
    outside.registryAnswers = true;
    const dead = { state: 'dead', name: 'pact.violated' };
    await operator.post('operations', { action: 'replay', filter: dead, pace: 'all' });
    await this.untilOperation('done');
    await this.pass(this.usual(7 * HOUR, HOUR, 260));
    await this.pass(this.usual(HOUR, 22 * MINUTE, 420));

    outside.ledgerAnswers = false;
    outside.pagerAnswers = false;
    await this.pass([
      ...this.usual(22 * MINUTE, 9 * SECOND, 190),
      ...this.steadily(52, 21 * MINUTE, () => this.release()),
      ...this.steadily(5, 18 * MINUTE, () => this.alert()),
      { ago: 6 * MINUTE, deliver: () => this.fatalViolation() },
    ]);
    const [fatal] = await this.rows(`name = 'pact.violated' AND state = 'dead'`);
    const text = 'The registry moves to its new host until noon: INC-2214. Replay when it is back.';
    await operator.post(`events/${fatal?.id}/note`, { text });
    const filter = { state: 'dead', name: 'escrow.released' };
    await operator.post('operations', { action: 'replay', filter, pace: 'ramp' });
    await this.untilOperation('halted');
    const [alert] = await this.rows(`name = 'monitoring.alert' AND state = 'open'`);
    await operator.post(`events/${alert?.id}/discard`);
  }

  /** Delivers in the order of time, and waits for what comes of it. */
  private async pass(planned: readonly Planned[]): Promise<void> {
    for (const { ago, deliver } of [...planned].sort((a, b) => b.ago - a.ago)) {
      this.agoOf.set(await deliver(), ago);
    }
    await this.untilEnded();
  }

  /** But for what the pager has put off. */
  private async untilEnded(): Promise<void> {
    while ((await this.rows(`state = 'open' AND name <> 'monitoring.alert'`)).length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What such services tell of all day. */
  private usual(from: number, to: number, count: number): readonly Planned[] {
    const job = () => this.job();
    const score = () => this.score();
    const evaluation = () => this.evaluation();
    const violation = () => this.violation();
    const swarm = () => this.swarm();
    const kinds = [job, job, job, job, score, score, score, score, score, score];
    kinds.push(evaluation, evaluation, evaluation, violation, swarm);
    return Array.from({ length: count }, () => ({
      ago: to + this.random() * (from - to),
      deliver: this.one(kinds),
    }));
  }

  private steadily(count: number, ago: number, deliver: Planned['deliver']): readonly Planned[] {
    const part = ago / count;
    return Array.from({ length: count }, (_, index) => ({
      ago: ago - (index + this.random() / 2) * part,
      deliver,
    }));
  }

  private job(): Promise<string> {
    return this.stage.deliverJob({ id: this.name('job'), status: 'completed' });
  }

  private score(): Promise<string> {
    return this.stage.deliver('score.changed', {
      agentId: this.one(AGENTS),
      compositeScore: 500 + Math.floor(this.random() * 500),
      certificationTier: this.one(TIERS),
    });
  }

  private evaluation(): Promise<string> {
    const checksPassed = 8 + Math.floor(this.random() * 5);
    return this.stage.deliver('eval.completed', {
      evalId: this.name('eval'),
      agentId: this.one(AGENTS),
      passed: true,
      checksTotal: 12,
      checksPassed,
    });
  }

  private violation(severity = this.one(SEVERITIES)): Promise<string> {
    return this.stage.deliver('pact.violated', {
      pactId: this.name('pact'),
      agentId: this.one(AGENTS),
      condition: { type: 'latency', operator: 'lte', value: 250, severity },
      interactionId: this.name('int'),
    });
  }

  /** The registry is away for this one alone. */
  private async fatalViolation(): Promise<string> {
    await this.untilEnded();
    this.stage.outside.registryAnswers = false;
    const id = await this.violation('critical');
    await this.untilEnded();
    this.stage.outside.registryAnswers = true;
    return id;
  }

  private release(): Promise<string> {
    return this.stage.deliver('escrow.released', {
      escrowId: this.name('esc'),
      agentId: this.one(AGENTS),
      amountUsdc: (10 + this.random() * 900).toFixed(2),
      status: 'released',
    });
  }

  private alert(): Promise<string> {
    const alertId = this.name('alert');
    return this.stage.deliver('monitoring.alert', { alertId, agentId: this.one(AGENTS) });
  }

  private swarm(): Promise<string> {
    return this.stage.deliver('swarm.created', {
      swarmId: this.name('swarm'),
      name: 'night shift',
    });
  }

  private one<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.random() * values.length)] as Value;
  }

  private name(kind: string): string {
    this.told += 1;
    return `${kind}_${this.told % 10}${((this.told * 2_654_435_761) % 0xfffffff).toString(16)}`;
  }

  private async untilOperation(state: string): Promise<void> {
    const found = () =>
      this.stage.query(`SELECT id FROM armox_armalo_operation WHERE state = '${state}'`);
    while ((await found()).length === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  private rows(where: string) {
    return this.stage.query<{ id: string; event_id: string; state: string; attempts: number }>(
      `SELECT id, event_id, state, attempts FROM armox_armalo_inbox WHERE ${where}`,
    );
  }

  private async putHoursIn(): Promise<void> {
    const { stage } = this;
    const now = Date.now();
    for (const { id, event_id, state, attempts } of await this.rows('1 = 1')) {
      const received = Math.floor(now - (this.agoOf.get(event_id) ?? 0));
      const took = attempts > 2 ? 18 * SECOND : Math.floor(20 + this.random() * 300);
      await stage.query(
        `UPDATE armox_armalo_inbox SET received_at = ${received}, ` +
          `occurred_at = ${received - Math.floor(400 + this.random() * 1_200)}, ` +
          `due_at = ${state === 'open' ? now + 8 * MINUTE : received}, ` +
          `finished_at = ${state === 'open' ? 'NULL' : received + took} WHERE id = ${id}`,
      );
    }
    await stage.query(
      `UPDATE armox_armalo_attempt SET duration = 90 + (id * 37) % 700, failed_at = ` +
        `(SELECT received_at FROM armox_armalo_inbox WHERE id = inbox_id) + attempt * attempt * 2000`,
    );
    for (const [index, [ago, actor]] of (
      [
        [6.6 * HOUR, 'marek'],
        [5 * MINUTE, 'olga'],
        [4 * MINUTE, 'olga'],
        [3 * MINUTE, 'marek'],
      ] as const
    ).entries()) {
      await stage.query(
        `UPDATE armox_armalo_audit SET done_at = ${Math.floor(now - ago)}, actor = '${actor}' ` +
          `WHERE id = (SELECT id FROM armox_armalo_audit ORDER BY id LIMIT 1 OFFSET ${index})`,
      );
    }
    await stage.query(
      `UPDATE armox_armalo_note SET written_at = ${now - 5 * MINUTE}, actor = 'olga'`,
    );
    for (const [state, ago, actor] of [
      ['done', 6.6 * HOUR, 'marek'],
      ['halted', 4 * MINUTE, 'olga'],
    ] as const) {
      const started = Math.floor(now - ago);
      await stage.query(
        `UPDATE armox_armalo_operation SET started_at = ${started}, ended_at = ${started + 1_600}, ` +
          `actor = '${actor}' WHERE state = '${state}'`,
      );
    }
  }
}

/** As the application would have counted, minute by minute, had it lived through it in its time. */
async function countMinutes(stage: OpsStage, random: () => number): Promise<void> {
  await stage.query('DELETE FROM armox_armalo_minute');
  const count = (series: string, time: string, where: string): Promise<unknown> =>
    stage.query(
      `INSERT INTO armox_armalo_minute (minute, source, series, many) ` +
        `SELECT ${time} - ${time} % ${MINUTE}, source, '${series}', COUNT(*) FROM armox_armalo_inbox ` +
        `WHERE ${where} GROUP BY 1, 2`,
    );
  await count('received', 'received_at', '1 = 1');
  await count('handled', 'finished_at', `state = 'done'`);
  await count('ignored', 'finished_at', `state = 'ignored'`);
  await count('dead', 'finished_at', `state = 'dead'`);
  await count('retried', 'received_at', `state = 'open' OR attempts > 2`);
  await count('ms-10', 'finished_at', `state = 'done'`);
  await count('ms-500', 'finished_at', `state = 'dead'`);
  // Now and then a sender sends again.
  const odds = Math.floor(7 + random() * 5);
  await count('duplicate', 'received_at', `id % ${odds} = 0`);
}

/** The webhooks of two scores and of an evaluation are lost. */
async function letPollerFind(stage: OpsStage): Promise<void> {
  const { armalo } = stage;
  const scores = await stage.query<{ subject: string; state: string }>(
    `SELECT subject, state FROM armox_armalo_watch WHERE kind = 'score'`,
  );
  for (const { subject, state } of scores) {
    armalo.setScore(subject, (JSON.parse(state) as { value?: number }).value ?? 700);
  }
  armalo.setScore('corvid', 655);
  armalo.setScore('ember', 812);
  armalo.completeEval(armalo.createEval('fjord').id);
  await stage.query('UPDATE armox_armalo_watch SET due_at = 0, misses = 0');
  await stage.api('operator').post('poller/poll');
}
