import { Injectable, Module } from '@nestjs/common';
import {
  type ArmaloEvent,
  type HandlerContext,
  OnArmaloEvent,
  RetryLaterError,
} from 'nestjs-armox-armalo';
import { Agent } from '../../sample-app/agents/agent.entity.js';

class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

class LedgerError extends Error {
  override readonly name = 'LedgerError';
}

/** Systems outside of the sample app that its events are told to; the test says how they do. */
@Injectable()
export class Outside {
  /** A registry of agents. */
  registryAnswers = true;
  /** A ledger of money. */
  ledgerAnswers = true;
  /** What calls people, and asks for a while where it is called too often. */
  pagerAnswers = true;
  /** What the ledger was asked to book, in order. */
  readonly booked: string[] = [];
  private takes = Number.POSITIVE_INFINITY;
  private readonly waiting: (() => void)[] = [];

  /** So many entries from now on; the others wait. */
  letLedgerTake(count: number): void {
    this.takes = count;
    while (this.takes > 0 && this.waiting.length > 0) {
      this.takes -= 1;
      this.waiting.shift()?.();
    }
  }

  async ledgerTurn(): Promise<void> {
    if (this.takes > 0) this.takes -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

/** An agent that breaks a pact loses its tier. */
@Injectable()
class RegistryHandlers {
  constructor(private readonly outside: Outside) {}

  @OnArmaloEvent('pact.violated', { transactional: true, retry: { attempts: 3, delay: 0 } })
  async withdrawTier({ data }: ArmaloEvent<'pact.violated'>, context: HandlerContext) {
    const agentId = data.agentId ?? '';
    await context.manager.update(Agent, { agentId }, { tier: null });
    if (this.outside.registryAnswers) return;
    throw new RegistryError(`The registry answered 503 for ${agentId}.`);
  }
}

@Injectable()
class LedgerHandlers {
  constructor(private readonly outside: Outside) {}

  @OnArmaloEvent('escrow.released', { retry: { attempts: 1 } })
  async book({ data }: ArmaloEvent<'escrow.released'>) {
    this.outside.booked.push(data.escrowId ?? '');
    await this.outside.ledgerTurn();
    if (this.outside.ledgerAnswers) return;
    throw new LedgerError(`The ledger answered 500 for entry ${data.escrowId}.`);
  }
}

@Injectable()
class PagerHandlers {
  constructor(private readonly outside: Outside) {}

  @OnArmaloEvent('monitoring.alert')
  page() {
    if (!this.outside.pagerAnswers) throw new RetryLaterError(600_000);
  }
}

/** Handlers of an application's own beside those of the sample app. What fails is dead at once, so that no test waits. */
@Module({ providers: [Outside, RegistryHandlers, LedgerHandlers, PagerHandlers] })
export class OutsideModule {}
