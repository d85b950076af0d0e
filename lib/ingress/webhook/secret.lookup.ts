import {
  LATE,
  systemTimers,
  within,
  type AccountSecrets,
  type ConfiguredSource,
  type Timers,
} from '../../core/index.js';
import type { IngressCounters } from '../ingress.counters.js';
import { SecretsUnavailableException } from './secrets-unavailable.exception.js';
import { ThrottledLog } from './throttled-log.js';

/** How long the application's function may take to give the secrets of an account. */
const TIMEOUT_MS = 5_000;

/** Asks the application for the secrets of an account. */
export class SecretLookup {
  private readonly log = new ThrottledLog();

  constructor(
    private readonly counters: IngressCounters,
    private readonly timers: Pick<Timers, 'after'> = systemTimers,
  ) {}

  /** @throws SecretsUnavailableException (503) when they cannot be had, or not in time */
  async of({ source, secrets }: ConfiguredSource, account: string): Promise<AccountSecrets> {
    try {
      const given = secrets(account);
      // Those that stand in the options are there already.
      return given instanceof Promise ? await this.inTime(given) : given;
    } catch (error) {
      this.counters.add(source.name, 'unavailable');
      // Its message may quote the very secret.
      const how =
        error === NO_ANSWER
          ? NO_ANSWER.message
          : error instanceof Error
            ? error.name
            : typeof error;
      this.log.error(
        `${source.name}:${how}`,
        `The function that gives the ${source.name} secrets failed (${how}); deliveries are answered 503 until it works.`,
      );
      throw new SecretsUnavailableException({ cause: error });
    }
  }

  private async inTime<T>(asked: Promise<T>): Promise<T> {
    const answer = await within(asked, TIMEOUT_MS, this.timers);
    if (answer === LATE) throw NO_ANSWER;
    return answer;
  }
}

const NO_ANSWER = new Error(`it did not answer within ${TIMEOUT_MS} ms`);
