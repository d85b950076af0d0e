import type { OnApplicationBootstrap } from '@nestjs/common';
import type { ArmaloWatch } from './armalo.watch.js';

/** Puts the agents of the option `armalo.watch` under watch when the application starts. */
export class WatchedAgents implements OnApplicationBootstrap {
  constructor(
    private readonly watch: ArmaloWatch,
    private readonly agentIds: readonly string[],
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const agentId of this.agentIds) await this.watch.watch(agentId);
  }
}
