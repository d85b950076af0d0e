import { Injectable, Module } from '@nestjs/common';
import { type ArmaloEvent, type HandlerContext, OnArmaloEvent } from 'nestjs-armox-armalo';
import { Agent } from '../../sample-app/agents/agent.entity.js';

class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** Two systems outside of the sample app that its events are told to; the test says how they do. */
@Injectable()
export class Outside {
  /** A registry of agents. */
  registryAnswers = true;
  /** A ledger of money. */
  ledgerAnswers = true;
  /** How many entries the ledger still takes; the others wait. */
  ledgerTakes = Number.POSITIVE_INFINITY;
  /** What the ledger was asked to book, in order. */
  readonly booked: string[] = [];
  private readonly waiting: (() => void)[] = [];

  letLedgerTake(count: number): void {
    this.ledgerTakes += count;
    while (this.ledgerTakes > 0 && this.waiting.length > 0) {
      this.ledgerTakes -= 1;
      this.waiting.shift()?.();
    }
  }

  async ledgerTurn(): Promise<void> {
    if (this.ledgerTakes > 0) this.ledgerTakes -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

/** Handlers of an application's own, beside those of the sample app. Their events die at once, so that no test waits. */
@Injectable()
export class OutsideHandlers {
  constructor(private readonly outside: Outside) {}

  /** An agent that breaks a pact loses its tier. */
  @OnArmaloEvent('pact.violated', { transactional: true, retry: { attempts: 1 } })
  async withdrawTier({ data }: ArmaloEvent<'pact.violated'>, context: HandlerContext) {
    const agentId = data.agentId ?? '';
    await context.manager.update(Agent, { agentId }, { tier: null });
    if (this.outside.registryAnswers) return;
    throw new RegistryError(`The registry answered 503 for ${agentId}.`);
  }

  @OnArmaloEvent('escrow.released', { retry: { attempts: 1 } })
  async book({ data }: ArmaloEvent<'escrow.released'>) {
    this.outside.booked.push(data.escrowId ?? '');
    await this.outside.ledgerTurn();
    if (this.outside.ledgerAnswers) return;
    throw new LedgerError(`The ledger answered 500 for ${data.escrowId}.`);
  }
}

@Module({ providers: [Outside, OutsideHandlers] })
export class OutsideModule {}
