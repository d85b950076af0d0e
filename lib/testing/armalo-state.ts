import type { Random } from '../core/index.js';
import type {
  SandboxAgent,
  SandboxEscrow,
  SandboxEval,
  SandboxPact,
  SandboxScore,
  SandboxWebhook,
} from './armalo-records.js';
import { randomHex, randomUuid } from './sandbox.options.js';

/** Everything that a sandboxed Armalo knows. Makes records; raises no events. */
export class ArmaloState {
  readonly scores = new Map<string, SandboxScore[]>();
  readonly evals = new Map<string, SandboxEval>();
  readonly pacts = new Map<string, SandboxPact>();
  readonly agents = new Map<string, SandboxAgent>();
  readonly escrows = new Map<string, SandboxEscrow>();
  readonly webhooks = new Map<string, SandboxWebhook>();

  constructor(
    private readonly random: Random,
    private readonly isoNow: () => string,
  ) {}

  addWebhook(url: string, events: readonly string[], secret?: string): SandboxWebhook {
    return keep(this.webhooks, {
      id: this.id('wh'),
      url,
      secret: secret ?? `whsec_${randomHex(this.random, 32)}`,
      events,
      isActive: true,
      createdAt: this.isoNow(),
    });
  }

  addAgent(externalId: string, name: string): SandboxAgent {
    const id = randomUuid(this.random);
    const createdAt = this.isoNow();
    return keep(this.agents, { id, externalId, name, isPublic: true, createdAt });
  }

  addPact(agentId: string, terms: Partial<SandboxPact>): SandboxPact {
    const { name = null, pactType = 'unilateral', conditions = [] } = terms;
    const createdAt = this.isoNow();
    return keep(this.pacts, {
      id: this.id('pact'),
      agentId,
      name,
      pactType,
      conditions,
      createdAt,
    });
  }

  addEval(agentId: string, run: Partial<SandboxEval>): SandboxEval {
    const { pactId = null, name = null, evalType = 'custom' } = run;
    const id = this.id('eval');
    const createdAt = this.isoNow();
    return keep(this.evals, {
      id,
      agentId,
      pactId,
      name,
      evalType,
      createdAt,
      status: 'processing',
    });
  }

  addEscrow(amountUsdc: number, deal: Partial<SandboxEscrow>): SandboxEscrow {
    const { agentId = null, pactId = null, dealId = null } = deal;
    const id = this.id('escrow');
    const createdAt = this.isoNow();
    const status = 'created';
    return keep(this.escrows, { id, agentId, pactId, dealId, amountUsdc, createdAt, status });
  }

  /** @returns the score before, if there was one */
  addScore(score: SandboxScore): SandboxScore | undefined {
    const history = this.scores.get(score.agentId) ?? [];
    this.scores.set(score.agentId, [...history, score]);
    return history.at(-1);
  }

  txHash(): string {
    return `0x${randomHex(this.random, 64)}`;
  }

  private id(prefix: string): string {
    return `${prefix}_${randomHex(this.random, 12)}`;
  }
}

function keep<Item extends { readonly id: string }>(store: Map<string, Item>, item: Item): Item {
  store.set(item.id, item);
  return item;
}
