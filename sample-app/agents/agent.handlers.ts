import { Injectable } from '@nestjs/common';
import { type ArmaloEvent, type HandlerContext, OnArmaloEvent } from 'nestjs-armox-armalo';
import { Agent } from './agent.entity.js';
import { Violation } from './violation.entity.js';

@Injectable()
export class AgentHandlers {
  @OnArmaloEvent('pact.violated', { transactional: true })
  async recordViolation(event: ArmaloEvent<'pact.violated'>, context: HandlerContext) {
    await context.manager.insert(Violation, {
      eventId: context.eventId,
      pactId: event.data.pactId ?? null,
      agentId: event.data.agentId ?? null,
    });
    context.logger.log(`agent ${event.data.agentId} violated pact ${event.data.pactId}`);
  }

  @OnArmaloEvent(['score.changed', 'agent.score.changed'], { transactional: true })
  async keepScore(
    event: ArmaloEvent<'score.changed' | 'agent.score.changed'>,
    context: HandlerContext,
  ) {
    const { agentId, compositeScore, certificationTier } = event.data;
    if (agentId === undefined || compositeScore === undefined) return;
    const known = await context.manager.findOneBy(Agent, { agentId });
    // Neither service promises an order, so a late older score must not overwrite a newer one.
    if (known?.scoredAt != null && known.scoredAt > event.timestamp) return;
    await context.manager.upsert(
      Agent,
      {
        agentId,
        compositeScore,
        tier: certificationTier ?? null,
        scoredAt: event.timestamp,
      },
      ['agentId'],
    );
    context.logger.log(`agent ${agentId} scores ${compositeScore}`);
  }

  @OnArmaloEvent('eval.*', { transactional: true })
  async keepEval(event: ArmaloEvent<'eval.completed' | 'eval.failed'>, context: HandlerContext) {
    const { evalId, agentId } = event.data;
    const status = event.event === 'eval.completed' ? 'completed' : 'failed';
    if (agentId === undefined) return;
    await context.manager.upsert(
      Agent,
      { agentId, lastEvalId: evalId ?? null, lastEvalStatus: status },
      ['agentId'],
    );
    context.logger.log(`evaluation ${evalId} of agent ${agentId} ${status}`);
  }
}
