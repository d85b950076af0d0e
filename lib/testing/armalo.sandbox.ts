import type { IncomingMessage } from 'node:http';
import {
  ARMALO_EVENT_NAMES,
  ARMALO_SIGNATURE_HEADER,
  type ArmaloEventName,
} from '../sources/armalo/index.js';
import type {
  SandboxAgent,
  SandboxEscrow,
  SandboxEval,
  SandboxPact,
  SandboxScore,
  SandboxWebhook,
} from './armalo-records.js';
import { armaloRoutes } from './armalo-routes.js';
import { ArmaloState } from './armalo-state.js';
import { failure, type ApiReply, type ApiRoutes } from './sandbox-routes.js';
import { Sandbox } from './sandbox.js';
import type { SandboxOptions } from './sandbox.options.js';
import { signArmalo } from './signed-request.js';

export type ArmaloPlan = 'free' | 'pro' | 'enterprise';

/** Calls a minute. */
const RATE_LIMITS: Readonly<Record<ArmaloPlan, number>> = { free: 60, pro: 600, enterprise: 6_000 };

/** How evaluations end by themselves. */
export interface EvalLifecycle {
  /** Milliseconds in `processing`. */
  readonly processing: number;
  /** Share that ends `failed`, 0 to 1. */
  readonly failShare: number;
}

export interface ArmaloSandboxOptions extends SandboxOptions {
  /** Default `pro`. `free` may not create webhooks. Sets the default rate limit too. */
  readonly plan?: ArmaloPlan;
  /** `'manual'`: evaluations end only by `completeEval` and `failEval`. Default: after 1,000 ms. */
  readonly evals?: Partial<EvalLifecycle> | 'manual';
}

const DIMENSIONS = {
  accuracy: 0.93,
  reliability: 0.96,
  latency: 0.84,
  safety: 0.97,
  costEfficiency: 0.79,
  security: 0.88,
};

/** A real HTTP server that answers, and calls back, as Armalo's pages say. */
export class ArmaloSandbox extends Sandbox {
  private readonly state = new ArmaloState(this.world.random, () => this.isoNow());
  private readonly plan: ArmaloPlan;
  private readonly lifecycle: EvalLifecycle | undefined;
  private lastTimestamp = 0;

  constructor(options: ArmaloSandboxOptions = {}) {
    const plan = options.plan ?? 'pro';
    super(options.apiKey ?? 'pk_live_sandbox', options.rateLimit ?? RATE_LIMITS[plan], options);
    this.plan = plan;
    this.lifecycle =
      options.evals === 'manual'
        ? undefined
        : { processing: 1_000, failShare: 0, ...options.evals };
  }

  get webhooks(): readonly SandboxWebhook[] {
    return [...this.state.webhooks.values()];
  }

  get evals(): readonly Readonly<SandboxEval>[] {
    return [...this.state.evals.values()];
  }

  /** Registers a webhook as `POST /webhooks` does, without an API call; the secret may be given. */
  subscribe(
    url: string,
    events: readonly ArmaloEventName[] = ARMALO_EVENT_NAMES,
    secret?: string,
  ): SandboxWebhook {
    return this.state.addWebhook(url, events, secret);
  }

  /** Sends an event to every webhook that is registered for it, each signed with its own secret. */
  emit(event: ArmaloEventName, data: object): void {
    const body = Buffer.from(JSON.stringify({ event, timestamp: this.nextTimestamp(), data }));
    for (const { url, secret, events } of this.state.webhooks.values()) {
      if (!events.includes(event)) continue;
      const signature = signArmalo(body, secret);
      const headers = { 'content-type': 'application/json', [ARMALO_SIGNATURE_HEADER]: signature };
      this.queue.send({ event, url, body, headers });
    }
  }

  registerAgent(externalId: string, name: string): SandboxAgent {
    const agent = this.state.addAgent(externalId, name);
    this.emit('agent.registered', agent);
    return agent;
  }

  /** Recomputes an agent's score and emits `score.changed`. Any agent id will do. */
  setScore(
    agentId: string,
    compositeScore: number,
    more: Partial<Pick<SandboxScore, 'certificationTier' | 'dimensions'>> = {},
  ): void {
    const { certificationTier = 'gold', dimensions = DIMENSIONS } = more;
    const previous = this.state.addScore({
      agentId,
      compositeScore,
      certificationTier,
      dimensions,
      confidence: 0.9,
      totalEvals: this.evals.filter((run) => run.agentId === agentId).length,
      passRate: 1,
      pactComplianceRate: 1,
      computedAt: this.isoNow(),
    });
    const previousScore = previous?.compositeScore ?? null;
    const data = { agentId, compositeScore, certificationTier, previousScore, dimensions };
    this.emit('score.changed', data);
  }

  createEval(agentId: string, run: Partial<SandboxEval> = {}): SandboxEval {
    const made = this.state.addEval(agentId, run);
    const lifecycle = this.lifecycle;
    if (lifecycle) {
      this.later(lifecycle.processing, () => {
        if (this.world.random() < lifecycle.failShare) this.failEval(made.id);
        else this.completeEval(made.id);
      });
    }
    return made;
  }

  /** Ends a run and emits `eval.completed`. A run that has ended stays as it is. */
  completeEval(
    id: string,
    result: { passed?: boolean; checksTotal?: number; checksPassed?: number } = {},
  ): void {
    const run = find(this.state.evals, id);
    if (run.status !== 'processing') return;
    const { passed = true, checksTotal = 3, checksPassed = passed ? checksTotal : 0 } = result;
    const outcome = { passed, checksTotal, checksPassed };
    Object.assign(run, outcome, { status: 'completed', completedAt: this.isoNow() });
    const { agentId, pactId } = run;
    this.emit('eval.completed', { evalId: id, agentId, pactId, ...outcome });
  }

  /** Ends a run as failed and emits `eval.failed`. */
  failEval(id: string, error = 'The evaluation timed out'): void {
    const run = find(this.state.evals, id);
    if (run.status !== 'processing') return;
    Object.assign(run, { status: 'failed', error, completedAt: this.isoNow() });
    this.emit('eval.failed', { evalId: id, agentId: run.agentId, pactId: run.pactId, error });
  }

  createPact(agentId: string, terms: Partial<SandboxPact> = {}): SandboxPact {
    return this.state.addPact(agentId, terms);
  }

  /** Emits `pact.violated`. */
  violatePact(id: string, violation: object = { severity: 'critical' }): void {
    const { agentId } = find(this.state.pacts, id);
    this.emit('pact.violated', { pactId: id, agentId, ...violation });
  }

  createEscrow(amountUsdc: number, deal: Partial<SandboxEscrow> = {}): SandboxEscrow {
    return this.state.addEscrow(amountUsdc, deal);
  }

  fundEscrow(id: string): void {
    this.moveEscrow(id, 'funded', 'escrow.funded');
  }

  releaseEscrow(id: string): void {
    this.moveEscrow(id, 'released', 'escrow.released');
  }

  disputeEscrow(id: string, reason = 'Work was not delivered'): void {
    this.moveEscrow(id, 'disputed', 'escrow.disputed', { reason });
  }

  expireEscrow(id: string): void {
    this.moveEscrow(id, 'expired', 'escrow.expired');
  }

  protected authenticate(request: IncomingMessage, route: string): string | ApiReply {
    const key = request.headers['x-pact-key'];
    if (key === this.apiKey) return this.apiKey;
    // Without a key a few routes are sold by the call (answered 402).
    if (key === undefined && route === 'GET /scores/:id') {
      return failure(402, 'Payment required', { details: { amountUsdc: 0.001 } });
    }
    return failure(401, 'Invalid API key');
  }

  protected routes(): ApiRoutes {
    return armaloRoutes(() => this.state, {
      webhooksAllowed: () => this.plan !== 'free',
      registerAgent: (externalId, name) => this.registerAgent(externalId, name),
      startEval: (agentId, run) => this.createEval(agentId, run),
    });
  }

  private moveEscrow(id: string, status: string, event: ArmaloEventName, more: object = {}): void {
    const escrow = find(this.state.escrows, id);
    Object.assign(escrow, { status, txHash: this.state.txHash() });
    const { agentId, pactId, dealId, amountUsdc, txHash } = escrow;
    const known = Object.entries({ agentId, pactId, dealId }).filter(([, value]) => value !== null);
    const data = {
      escrowId: id,
      status,
      amountUsdc,
      txHash,
      ...Object.fromEntries(known),
      ...more,
    };
    this.emit(event, data);
  }

  /** Never twice the same: the milliseconds are all that tells two equal events apart. */
  private nextTimestamp(): string {
    this.lastTimestamp = Math.max(this.world.timers.now(), this.lastTimestamp + 1);
    return new Date(this.lastTimestamp).toISOString();
  }
}

function find<Item>(store: ReadonlyMap<string, Item>, id: string): Item {
  const item = store.get(id);
  if (!item) throw new Error(`The sandbox has nothing with the id ${JSON.stringify(id)}.`);
  return item;
}
