import { Controller, Get } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Agent } from './agent.entity.js';

@Controller('agents')
export class AgentsController {
  constructor(@InjectRepository(Agent) private readonly agents: Repository<Agent>) {}

  @Get()
  list() {
    return this.agents.find({ order: { agentId: 'ASC' }, take: 200 });
  }
}
