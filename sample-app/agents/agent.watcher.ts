import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArmaloClient, ArmaloWatch } from 'nestjs-armox-armalo';
import type { Repository } from 'typeorm';
import { Agent } from './agent.entity.js';

const LOOK_EVERY = 10_000;

/** Watches every agent of the table, so that the poller finds what no webhook tells of them. */
@Injectable()
export class AgentWatcher implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AgentWatcher.name);
  private readonly watched = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(Agent) private readonly agents: Repository<Agent>,
    private readonly watch: ArmaloWatch,
    private readonly armalo: ArmaloClient,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY);
    void this.look();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const agents = await this.agents.find();
      for (const agent of agents.filter(({ agentId }) => !this.watched.has(agentId))) {
        await this.watch.watch(agent.agentId);
        this.watched.add(agent.agentId);
        if (agent.compositeScore === null) await this.firstScore(agent.agentId);
      }
    } catch (error) {
      this.logger.warn(`Agents could not be watched, tried again: ${String(error)}`);
    }
  }

  /** The poller tells of changes only, so the score that there is already is asked for once. */
  private async firstScore(agentId: string): Promise<void> {
    try {
      const score = await this.armalo.scores.get(agentId, { priority: 'background' });
      if (score.compositeScore === null) return;
      await this.agents.update(
        { agentId },
        { compositeScore: score.compositeScore, tier: score.certificationTier ?? null },
      );
    } catch (error) {
      this.logger.warn(`The score of ${agentId} is not known yet: ${String(error)}`);
    }
  }
}
