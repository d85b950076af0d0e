import type { Sandboxes } from './sandbox.js';

const AGENTS = ['agent_ada', 'agent_bob', 'agent_cyd'] as const;
const PROMPTS = ['a lighthouse at dusk', 'a fox in the snow', 'a city of glass'] as const;

/** What the two services would have to tell: a render every few seconds, and news of some agents. */
export class SandboxTraffic {
  private readonly timers: NodeJS.Timeout[] = [];
  private turn = 0;

  constructor(
    private readonly sandboxes: Sandboxes,
    /** Where the sample app listens, e.g. `http://127.0.0.1:3000`. */
    private readonly appUrl: string,
  ) {}

  start(): void {
    const { armalo, environment } = this.sandboxes;
    const secret = environment.armalo.webhookSecrets[0];
    armalo.subscribe(`${this.appUrl}/webhooks/armalo`, undefined, secret);
    this.every(4_000, () => this.askForRender());
    this.every(3_000, () => this.moveAgents());
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all([this.sandboxes.armox.stop(), this.sandboxes.armalo.stop()]);
  }

  private every(ms: number, work: () => void): void {
    work();
    this.timers.push(setInterval(work, ms));
  }

  private askForRender(): void {
    const prompt = PROMPTS[this.turn % PROMPTS.length];
    fetch(`${this.appUrl}/renders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt }),
    }).catch(() => undefined); // The app is stopping.
  }

  private moveAgents(): void {
    const { armalo } = this.sandboxes;
    const agentId = AGENTS[this.turn++ % AGENTS.length] as string;
    armalo.setScore(agentId, 500 + Math.floor(Math.random() * 500));
    armalo.createEval(agentId);
    if (this.turn % 3 === 0) armalo.violatePact(armalo.createPact(agentId).id);
  }
}
