import { ArmoxArmaloConfigurationError, isPlainText } from '../../../core/index.js';
import type { WatchStore } from './watch.store.js';

/** What of an agent is watched; both by default. */
export interface WatchAgent {
  readonly scores?: boolean;
  readonly evals?: boolean;
}

/**
 * What the poller looks at on Armalo. It is kept in the database: watching the same thing again, on
 * any replica or after a restart, changes nothing.
 */
export class ArmaloWatch {
  constructor(private readonly store: WatchStore) {}

  /** From now on a change of the agent's score and the ends of its evaluations are found. */
  async watch(agentId: string, { scores = true, evals = true }: WatchAgent = {}): Promise<void> {
    check(agentId);
    if (scores) await this.store.add('score', agentId);
    if (evals) await this.store.add('evals', agentId);
  }

  /** Its score is forgotten: watched again, the first sight of it is no change. */
  async unwatch(agentId: string): Promise<void> {
    await this.store.remove('score', agentId);
    await this.store.remove('evals', agentId);
  }

  async watchEscrow(escrowId: string): Promise<void> {
    check(escrowId);
    await this.store.add('escrow', escrowId);
  }

  async unwatchEscrow(escrowId: string): Promise<void> {
    await this.store.remove('escrow', escrowId);
  }

  /** Ids of the agents whose score is watched. */
  agents(): Promise<readonly string[]> {
    return this.store.subjects('score');
  }
}

function check(id: string): void {
  if (isPlainText(id, 255)) return;
  throw new ArmoxArmaloConfigurationError(
    'armalo.watch',
    'an id must be a text of 1 to 255 characters.',
  );
}
