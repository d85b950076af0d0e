import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { LATE, readOptions, systemClock, systemTimers, within } from '../core/index.js';
import { InboxAdmin } from '../inbox/index.js';
import { DeliveryHealth, Reconciler } from '../reconcile/index.js';
import { problemsOf, type HealthFacts } from './health.problems.js';
import { HEALTH_RULES, type HealthThresholds } from './health.thresholds.js';

/** What the indicator tells beside `up`, `degraded` or `down`. */
export interface WebhookHealth {
  /** One sentence a problem. */
  readonly message?: string;
  /** Events that are due and not begun, of all sources; 10,000 or more where it is 10,000. */
  readonly due?: number;
}

type Status = 'up' | 'degraded' | 'down';

/**
 * `down` where the inbox cannot be reached, and deliveries are answered 503; `degraded` where something needs
 * attention while it works. With @nestjs/terminus 11, which has no `degraded`, `up` with a message.
 *
 * Provide it in the module that has your health controller.
 */
@Injectable()
export class ArmoxArmaloHealthIndicator {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly admin: InboxAdmin,
    private readonly deliveries: DeliveryHealth,
    private readonly reconciler: Reconciler,
  ) {}

  /**
   * @param key under which the health check tells of it
   * @throws ArmoxArmaloConfigurationError for a threshold that is wrong or unknown
   */
  async check<const Key extends string = 'webhooks'>(
    key: Key = 'webhooks' as Key,
    thresholds: HealthThresholds = {},
  ): Promise<Record<Key, { readonly status: Status } & WebhookHealth>> {
    const read = readOptions(HEALTH_RULES, thresholds);
    const session = this.health.check(key);
    const facts = await this.factsWithin(read.timeout);
    if ('unreachable' in facts) return session.down({ message: facts.unreachable });
    const due = facts.backlog.reduce((sum, each) => sum + each.due, 0);
    const problems = problemsOf(facts, read);
    if (problems.length === 0) return session.up({ due });
    const told = { message: problems.join(' '), due };
    const knowsDegraded = (session as { readonly degraded?: unknown }).degraded !== undefined;
    return knowsDegraded ? session.degraded(told) : session.up(told);
  }

  private async factsWithin(
    timeout: number,
  ): Promise<HealthFacts | { readonly unreachable: string }> {
    try {
      const facts = await within(this.facts(), timeout, systemTimers);
      return facts === LATE ? unreachable(`no answer within ${timeout} ms`) : facts;
    } catch (error) {
      const { code } = (error ?? {}) as { readonly code?: unknown };
      return unreachable(typeof code === 'string' ? code : 'its tables cannot be read');
    }
  }

  private async facts(): Promise<HealthFacts> {
    const { admin, deliveries, reconciler } = this;
    const [backlog, died, delivered] = await Promise.all([
      admin.backlog(),
      admin.deadSince(HOUR_MS),
      deliveries.read(),
    ]);
    return {
      now: systemClock.now(),
      backlog,
      died,
      deliveries: delivered,
      feeds: reconciler.status(),
    };
  }
}

const HOUR_MS = 3_600_000;

/** What a driver says may quote values, so its code is enough. */
const unreachable = (why: string) => ({
  unreachable: `The inbox cannot be reached (${why}); deliveries are answered 503 and kept by their senders.`,
});
